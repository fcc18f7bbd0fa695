"""Networks as tensors in the layout of PyTorch, and the program that loads them there."""
