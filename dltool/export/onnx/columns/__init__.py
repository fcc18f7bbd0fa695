"""The columns of a table as inputs of an ONNX model: a file for each kind of feature, as in `dltool.data.features`."""
