"""The same network in PyTorch, from the same config: what `--against torch` trains next to dltool.

Where formulas differ only in the position of an epsilon or of the learning rate, PyTorch's is used: a step does the
same amount of work. Anything without a counterpart in PyTorch is refused. No module of dltool that costs time or
memory is imported here.
"""
