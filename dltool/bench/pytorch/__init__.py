"""The same network in PyTorch, from the same config: what `--against torch` trains beside dltool.

Where two formulas differ only in the place of an epsilon or of the learning rate, PyTorch's own is used: the work of a
step is the same. What PyTorch has no counterpart of is refused. Nothing of dltool that costs time or memory is
imported here.
"""
