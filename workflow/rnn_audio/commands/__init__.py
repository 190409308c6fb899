"""What `python -m rnn_audio` does: one module for each command."""
