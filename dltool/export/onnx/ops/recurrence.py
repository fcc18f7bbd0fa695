"""What recurrent nodes of ONNX have in common, and what a network remembers: further inputs and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dltool.export.onnx.model import Model, Operand
from dltool.layouts import reordered


def load_memory(model: Model, memory: Operand) -> str:
    """The memory, an input of the model."""
    return memory.name


def store_memory(model: Model, y: Operand, memory: Operand) -> None:
    """The last step as an output, which is the memory of the next batch."""
    last = model.node("Gather", y, np.array(-1, np.int64), axis=1)
    model.output(f"{memory.name}.next", last, "float32", ("N", *memory.shape[1:]))


def recurrent_node(
    model: Model,
    op: str,
    x: Operand,
    weight: Operand,
    biases: tuple[np.ndarray, np.ndarray],
    recurrent: Operand,
    initial: Sequence[Operand],
    *,
    order: Sequence[int] = (0,),
    **attributes: Any,
) -> list[str]:
    """(B, T, H) of all steps, and the last cells (B, 1, H) where the op has some; `order` is that of ONNX's gates."""
    units = recurrent.shape[0]
    first = [model.node("Unsqueeze", state, np.array([0], np.int64)) for state in initial]
    y, *cells = model.nodes(
        op,
        model.node("Transpose", x, perm=[1, 0, 2]),
        _rows(weight.known, order),
        _rows(recurrent.known, order),
        np.concatenate([_rows(bias, order) for bias in biases], axis=1),
        None,
        *first,
        outputs=(True, False, True) if op == "LSTM" else (True,),
        hidden_size=units,
        **attributes,
    )
    steps = model.node("Transpose", model.node("Squeeze", y, np.array([1], np.int64)), perm=[1, 0, 2])
    return [steps, *(model.node("Transpose", cell, perm=[1, 0, 2]) for cell in cells[1:])]


def _rows(array: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """(1, gates · H, …) of (…, gates · H), the gates in another order."""
    return reordered(array, order).T[None]
