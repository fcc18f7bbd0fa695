"""State dicts of PyTorch."""
