"""Group normalization."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def group_norm(model: Model, x: Operand, gain: Operand, bias: Operand, *, groups: int, eps: float) -> Variable:
    """GroupNormalization."""
    tensors = {"gamma": gain.known, "beta": bias.known}
    construction = f"GroupNormalization({groups}, epsilon={eps:.9g}, {{}})"
    return model.layer(gain.path, construction, x.made.name, tensors, "gain")
