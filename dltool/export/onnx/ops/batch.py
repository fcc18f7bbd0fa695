"""Fetching the batch: its rows are the inputs of the model, so that only bytes remain to be scaled."""

from __future__ import annotations

from onnx import TensorProto

from dltool.export.onnx.model import Model, Operand


def gather(model: Model, data: Operand, rows: Operand) -> str:
    """The features themselves."""
    return data.name


def gather_scaled(model: Model, data: Operand, rows: Operand, offset: Operand, factor: Operand) -> str:
    """(bytes − offset) · factor."""
    numbers = model.node("Cast", data, to=TensorProto.FLOAT)
    if offset.known.any():
        numbers = model.node("Sub", numbers, offset)
    return model.node("Mul", numbers, factor)
