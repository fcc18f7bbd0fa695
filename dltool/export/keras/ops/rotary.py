"""Rotary positions."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def rotary(model: Model, x: Operand, turns: Operand, *, heads: int, inverse: int) -> Variable:
    """Pairs of channels turned by the angle of their step."""
    steps, width = turns.shape
    half, known = width // 2, model.tensor(turns)
    cosine, sine = f"{known}[:, None, :{half}]", f"{'-' if inverse else ''}{known}[:, None, {half}:]"
    turned = model.let(f"ops.reshape({x.made.name}[..., :{heads * width}], (-1, {steps}, {heads}, {width}))")
    one, two = f"{turned.name}[..., :{half}]", f"{turned.name}[..., {half}:]"
    pairs = f"[{one} * {cosine} - {two} * {sine}, {two} * {cosine} + {one} * {sine}]"
    joined = model.let(f"ops.reshape(ops.concatenate({pairs}, axis=-1), (-1, {steps}, {heads * width}))")
    return model.let(f"ops.concatenate([{joined.name}, {x.made.name}[..., {heads * width}:]], axis=-1)")
