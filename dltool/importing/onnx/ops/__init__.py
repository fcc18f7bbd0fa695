"""Operators of ONNX: a function for each, under its name."""
