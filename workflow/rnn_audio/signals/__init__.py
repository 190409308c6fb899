"""Sounds to be learned: synthesised, read or downloaded, and resampled; room acoustics. Free of PyTorch."""
