"""What `dltool bench` measures: the machine, and how fast configs train on it, beside PyTorch where asked."""
