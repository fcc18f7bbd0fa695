"""Layer normalization."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def layer_norm(model: Model, x: Operand, gain: Operand, bias: Operand, *, eps: float) -> Variable:
    """LayerNormalization."""
    tensors = {"gamma": gain.known, "beta": bias.known}
    return model.layer(gain.path, f"LayerNormalization(epsilon={eps:.9g}, {{}})", x.made.name, tensors, "gain")
