"""Devices to be modelled: a simulated amplifier, and recordings with their checks and split. Free of PyTorch."""
