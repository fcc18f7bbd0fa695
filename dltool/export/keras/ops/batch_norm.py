"""Batch normalization."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def batch_norm_inference(
    model: Model, x: Operand, gain: Operand, bias: Operand, mean: Operand, variance: Operand, *, eps: float
) -> Variable:
    """BatchNormalization."""
    tensors = {
        "gamma": gain.known, "beta": bias.known, "moving_mean": mean.known, "moving_variance": variance.known,
    }  # fmt: skip
    construction = f"BatchNormalization(epsilon={eps:.9g}, {{}})"
    return model.layer(mean.path, construction, x.made.name, tensors, "running_mean")
