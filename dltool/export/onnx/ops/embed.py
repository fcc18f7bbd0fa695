"""From codes to numbers: rows of an embedding, and one-hot vectors."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.embedding import codes_from


def embed(model: Model, codes: Operand, rows: Operand, table: Operand, *, start: int, length: int) -> str:
    """Σ table[code] over the codes that are not negative, over √(their number)."""
    chosen = codes_from(model, codes, start, length)
    present = model.node("GreaterOrEqual", chosen, np.array(0, np.int32))
    ones = model.node("Cast", present, to=TensorProto.FLOAT)
    count = model.node("ReduceSum", ones, np.array([1], np.int64), keepdims=1)
    divisor = model.node("Sqrt", model.node("Max", count, np.array(1, np.float32)))
    vectors = model.node("Gather", table, model.node("Max", chosen, np.array(0, np.int32)))
    weighted = model.node("Mul", vectors, model.reshaped(ones, 0, 0, 1))
    return model.node("Div", model.node("ReduceSum", weighted, np.array([1], np.int64), keepdims=0), divisor)


def one_hot(model: Model, codes: Operand, rows: Operand, *shares: Operand, start: int, size: int) -> str:
    """1 where the code says; with shares, code 0 gives these."""
    chosen = codes_from(model, codes, start, 1)
    same = model.node("Equal", chosen, np.arange(size, dtype=np.int32))
    ones = model.node("Cast", same, to=TensorProto.FLOAT)
    for mean in shares:
        ones = model.node("Where", model.node("Equal", chosen, np.array(0, np.int32)), mean, ones)
    return ones
