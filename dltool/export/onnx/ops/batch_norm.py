"""Batch normalization by fixed statistics: a factor and a number to add for each channel."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand


def batch_norm_inference(
    model: Model, x: Operand, gain: Operand, bias: Operand, mean: Operand, variance: Operand, *, eps: float
) -> str:
    """x · factor + shift."""
    factor = gain.known / np.sqrt(variance.known.astype(np.float64) + eps)
    shift = bias.known - mean.known * factor
    return model.node("Add", model.node("Mul", x, factor.astype(np.float32)), shift.astype(np.float32))
