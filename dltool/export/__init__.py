"""Trained networks as files for other programs: ONNX, C, and the tensors of other frameworks."""
