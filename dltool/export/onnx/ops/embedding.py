"""Integers of the batch, and the rows of a table that they name."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand


def gather_codes(model: Model, data: Operand, rows: Operand, *, start: int, length: int, size: int) -> str:
    """The codes themselves, or some of them."""
    return data.name if length == size else codes_from(model, data, start, length)


def embedding(model: Model, codes: Operand, table: Operand, *, size: int) -> str:
    """Gather, with a row of zeros for codes that are not in [0, size)."""
    rows = np.concatenate([table.known, np.zeros_like(table.known[:1])])
    inside = model.node(
        "And",
        model.node("GreaterOrEqual", codes, np.array(0, np.int32)),
        model.node("Less", codes, np.array(size, np.int32)),
    )
    return model.node("Gather", rows, model.node("Where", inside, codes, np.array(size, np.int32)))


def codes_from(model: Model, codes: Operand, start: int, length: int) -> str:
    """`length` codes of each sample, from the one at `start` on."""
    if (start, length) == (0, codes.spec.size):
        return codes.name
    ends = np.array([start], np.int64), np.array([start + length], np.int64)
    return model.node("Slice", codes, *ends, np.array([1], np.int64))
