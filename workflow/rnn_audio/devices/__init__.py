"""Amplifiers and effects to be modelled: a simulated one, recordings, their checks and split; free of PyTorch."""
