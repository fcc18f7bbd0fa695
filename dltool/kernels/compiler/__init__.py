"""The compiler of kernels: it turns functions, written in a small part of Python, into object files by means of LLVM.

Types follow from those of the arguments while a function is read: numbers, pointers, vectors, and tuples of these.
Nothing is inferred and no Python object is left, so translating takes a few milliseconds.
"""
