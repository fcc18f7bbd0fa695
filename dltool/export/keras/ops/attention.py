"""Attention, written out."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.keras.ops.masking import counting
from dltool.export.program import Operand, Variable


def attention(
    model: Model, qkv: Operand, *lengths: Operand, heads: int, groups: int, causal: int, scale: float
) -> Variable:
    """softmax(scale · q · kᵀ) · v of every head."""
    steps, channels = qkv.shape
    width = channels // (heads + 2 * groups)
    pieces = model.let(f"ops.split({qkv.made.name}, {[heads * width, (heads + groups) * width]}, axis=-1)")
    parts = []
    for i, count in enumerate((heads, groups, groups)):
        shaped = f"ops.reshape({pieces.name}[{i}], (-1, {steps}, {count}, {width}))"
        repeated = f"ops.repeat({shaped}, {heads // groups}, axis=2)" if count < heads else shaped
        parts.append(model.let(repeated).name)
    scores = model.let(f'{scale:.9g} * ops.einsum("bthd,bshd->bhts", {parts[0]}, {parts[1]})')
    seen = [f"{counting(model, steps, known)}[:, None, None, :]" for known in lengths]
    if causal:
        seen.append(f'ops.tril(ops.ones(({steps}, {steps}), "bool"))')
    for mask in seen:
        scores = model.let(f"ops.where({mask}, {scores.name}, -1e30)")
    mixed = f'ops.einsum("bhts,bshd->bthd", ops.softmax({scores.name}), {parts[2]})'
    return model.let(f"ops.reshape({mixed}, (-1, {steps}, {heads * width}))")
