"""Sounds to be learned: synthesised, read or downloaded, resampled, and the acoustics of rooms; free of PyTorch."""
