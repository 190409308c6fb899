"""Measured speeds of running and training models on this machine, and the estimated duration of a run."""
