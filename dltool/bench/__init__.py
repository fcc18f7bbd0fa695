"""What `dltool bench` measures: the machine, and how fast configs train on it, optionally next to PyTorch."""
