"""What config.yaml says: read, checked, merged with its presets, and asked for what each job needs; free of PyTorch."""
