"""The ops of networks as calls of C functions: for each op, in a file of the same stem as in `dltool.ops`, both.

A function takes the source that it adds to, then the operands of its op, then the attributes as keywords, and returns
the places of the outputs that are read. There is one sample at a time, so no batch axis.
"""
