"""The ops of networks in Keras: a function for each, in a file of the same stem as in `dltool.ops`.

A function takes the program that it adds to, then the operands of its op, then the attributes as keywords, and returns
the variables of the outputs that are read. Axis 0 is the batch, channels stand last.
"""
