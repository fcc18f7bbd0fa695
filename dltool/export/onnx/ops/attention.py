"""Attention, written out: softmax(scale · q · kᵀ) · v of every head."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.masking import counting

#: added to the score of a step that is not seen: e to this power is 0
NOT_SEEN = np.array(-1e30, np.float32)


def attention(model: Model, qkv: Operand, *lengths: Operand, heads: int, groups: int, causal: int, scale: float) -> str:
    """y (B, T, heads · D)."""
    steps, channels = qkv.shape
    width = channels // (heads + 2 * groups)
    sizes = np.array([heads * width, groups * width, groups * width], np.int64)
    queries, keys, values = model.nodes("Split", qkv, sizes, outputs=(True,) * 3, axis=-1)
    queries = _heads(model, queries, heads, width)
    keys, values = (_shared(model, _heads(model, each, groups, width), heads, groups) for each in (keys, values))
    products = model.node("MatMul", queries, model.node("Transpose", keys, perm=[0, 1, 3, 2]))
    scores = model.node("Mul", products, np.array(scale, np.float32))
    if causal:
        scores = model.node("Add", scores, np.triu(np.full((steps, steps), NOT_SEEN), k=1))
    for known in lengths:
        seen = model.reshaped(counting(model, steps, known), 0, 1, 1, steps)
        scores = model.node("Where", seen, scores, NOT_SEEN)
    mixed = model.node("MatMul", model.node("Softmax", scores, axis=-1), values)
    return model.reshaped(model.node("Transpose", mixed, perm=[0, 2, 1, 3]), 0, steps, heads * width)


def _heads(model: Model, x: str, heads: int, width: int) -> str:
    """(B, heads, T, width) of (B, T, heads · width)."""
    return model.node("Transpose", model.reshaped(x, 0, 0, heads, width), perm=[0, 2, 1, 3])


def _shared(model: Model, x: str, heads: int, groups: int) -> str:
    """The keys or values of each head: heads that follow each other share those of a group."""
    if heads == groups:
        return x
    return model.node("Gather", x, np.repeat(np.arange(groups), heads // groups), axis=1)
