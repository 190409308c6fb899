"""Implementations of the recurrence (PyTorch, loops compiled for CPUs, kernels for GPUs) and the choice of one."""
