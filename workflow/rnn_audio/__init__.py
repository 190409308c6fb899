"""Recurrent networks that make raw audio: signals, models, training, generation and metrics."""
