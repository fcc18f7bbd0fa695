"""Attention."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.export.torch.ops.masking import counting


def attention(
    module: Module, qkv: Operand, *lengths: Operand, heads: int, groups: int, causal: int, scale: float
) -> Variable:
    """scaled_dot_product_attention."""
    steps, channels = qkv.shape
    width = channels // (heads + 2 * groups)
    sizes = [heads * width, groups * width, groups * width]
    pieces = module.let(f"{module.last(qkv)}.split({sizes}, dim=-1)")
    parts = []
    for i, count in enumerate((heads, groups, groups)):
        repeated = f".repeat_interleave({heads // groups}, dim=1)" if count < heads else ""
        shaped = f"{pieces.name}[{i}].unflatten(-1, ({count}, {width})).transpose(1, 2){repeated}"
        parts.append(module.let(shaped).name)
    options = [f"scale={scale:.9g}"]
    seen = [f"{counting(module, steps, known)}[:, None, None, :]" for known in lengths]
    if causal and seen:
        seen.append(f"torch.ones({steps}, {steps}, dtype=torch.bool).tril()")
    if seen:
        options.append(f"attn_mask={' & '.join(seen)}")
    elif causal:
        options.append("is_causal=True")
    mixed = f"functional.scaled_dot_product_attention({', '.join([*parts, *options])})"
    return module.let(f"{mixed}.transpose(1, 2).flatten(2)")
