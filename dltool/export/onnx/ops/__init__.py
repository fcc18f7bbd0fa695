"""The ops of networks as nodes of ONNX: a function for each, in a file of the same stem as in `dltool.ops`.

A function takes the model that it adds to, then the operands of its op, then the attributes as keywords, and returns
the outputs that are read in an evaluation. Axis 0 is the batch.
"""
