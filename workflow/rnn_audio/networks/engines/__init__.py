"""How the recurrence is computed: by PyTorch, by loops compiled for CPUs, by kernels for GPUs; and the choice."""
