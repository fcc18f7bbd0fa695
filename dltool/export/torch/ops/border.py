"""Zeros around images and series, and cutting borders off."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def pad(
    module: Module, x: Operand, *, height: int, width: int, top: int, bottom: int, left: int, right: int
) -> Variable:
    """pad, whose numbers begin with the last axis."""
    sides = [0, 0, left, right, top, bottom][: 2 * len(x.shape)]
    return module.let(f"functional.pad({module.last(x)}, {sides})")


def crop(
    module: Module, x: Operand, *, height: int, width: int, top: int, bottom: int, left: int, right: int
) -> Variable:
    """A part."""
    parts = [f"{top}:{top + height}", f"{left}:{left + width}"][3 - len(x.shape) :]
    whole = module.let(module.last(x))
    return module.let(f"{whole.name}[:, {', '.join(parts)}]")
