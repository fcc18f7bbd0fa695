"""Rotary positions."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def rotary(module: Module, x: Operand, turns: Operand, *, heads: int, inverse: int) -> Variable:
    """Pairs of channels turned by the angle of their step."""
    width = turns.shape[1]
    half, known = width // 2, module.tensor(turns)
    whole = module.let(module.last(x))
    cosine = module.let(f"{known}[:, None, :{half}]")
    sine = module.let(f"{'-' if inverse else ''}{known}[:, None, {half}:]")
    pair = module.let(f"{whole.name}[..., :{heads * width}].unflatten(-1, ({heads}, 2, {half})).unbind(-2)")
    one, two = f"{pair.name}[0]", f"{pair.name}[1]"
    turned = [f"{one} * {cosine.name} - {two} * {sine.name}", f"{two} * {cosine.name} + {one} * {sine.name}"]
    joined = module.let(f"torch.cat([{', '.join(turned)}], dim=-1).flatten(2)")
    return module.let(f"torch.cat([{joined.name}, {whole.name}[..., {heads * width}:]], dim=-1)")
