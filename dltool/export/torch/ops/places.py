"""Places of images and series in PyTorch, for convolutions and pools."""

from __future__ import annotations

from typing import TypeVar

from dltool.export.program import Operand
from dltool.export.torch.module import Module
from dltool.kernels.geometry import Geometry, covered

Thing = TypeVar("Thing")


def of_axes(x: Operand, vertical: Thing, horizontal: Thing) -> list[Thing]:
    """Both where x is a batch of images, the latter where it is one of series."""
    return [vertical, horizontal][3 - len(x.shape) :]


def sides(x: Operand, geometry: Geometry) -> tuple[list[int], list[int]]:
    """What is padded before and behind."""
    height, width = covered(geometry)
    below, right = height - geometry.height - geometry.top, width - geometry.width - geometry.left
    before = of_axes(x, geometry.top, geometry.left)
    after = of_axes(x, max(0, below), max(0, right))
    whole = of_axes(x, below, right)
    # PyTorch pads both sides alike; what no window reaches does no harm
    return before, [one if reach <= one else other for one, reach, other in zip(before, whole, after, strict=True)]


def padded(module: Module, x: Operand, before: list[int], after: list[int], value: str = "0.0") -> str:
    """A value with something around it; the numbers of `pad` begin with the last axis."""
    numbers = [each for pair in zip(reversed(before), reversed(after), strict=True) for each in pair]
    filling = "" if value == "0.0" else f", value={value}"
    return f"functional.pad({module.first(x)}, {numbers}{filling})"
