"""A compiler of kernels: from functions in a small part of Python, by way of LLVM's language, to object files.

A kernel is typed as it is translated, from the types of its arguments on: numbers, pointers, vectors, tuples of these.
There is no inference and no Python object, so that translating takes a few milliseconds.
"""
