"""Rotary positions."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand


def rotary(model: Model, x: Operand, turns: Operand, *, heads: int, inverse: int) -> str:
    """x · cosine + x with the halves of each head exchanged · sine; 1 and 0 for channels that are not turned."""
    steps, channels = x.shape
    width = turns.shape[1]
    half, rest = width // 2, channels - heads * width
    cosine, sine = turns.known[:, :half], turns.known[:, half:] * (-1 if inverse else 1)
    cosines = np.concatenate([np.tile(cosine, 2 * heads), np.ones((steps, rest), np.float32)], axis=1)
    sines = np.concatenate([np.tile(np.hstack([-sine, sine]), heads), np.zeros((steps, rest), np.float32)], axis=1)
    exchanged = np.arange(heads * width).reshape(heads, 2, half)[:, ::-1].reshape(-1)
    places = np.concatenate([exchanged, np.arange(heads * width, channels)])
    other = model.node("Mul", model.node("Gather", x, places, axis=-1), sines)
    return model.node("Add", model.node("Mul", x, cosines), other)
