"""Places of images and series in Keras, for convolutions and pools."""

from __future__ import annotations

from typing import TypeVar

from dltool.export.keras.model import Model
from dltool.export.program import Operand
from dltool.kernels.geometry import Geometry, covered

Thing = TypeVar("Thing")


def of_axes(x: Operand, vertical: Thing, horizontal: Thing) -> list[Thing]:
    """Both where x is a batch of images, the latter where it is one of series."""
    return [vertical, horizontal][3 - len(x.shape) :]


def sides(x: Operand, geometry: Geometry) -> list[tuple[int, int]]:
    """What is padded before and behind along each axis."""
    height, width = covered(geometry)
    below, right = height - geometry.height - geometry.top, width - geometry.width - geometry.left
    return of_axes(x, (geometry.top, max(0, below)), (geometry.left, max(0, right)))


def padded(model: Model, x: Operand, geometry: Geometry, filling: str = "0.0") -> tuple[str, str]:
    """A value with what windows see around it, and the padding that is left to the layer: "same", or none."""
    around = sides(x, geometry)
    if not any(map(any, around)):
        return x.made.name, ""
    if filling == "0.0" and _is_same(x, geometry):
        return x.made.name, "same"
    value = "" if filling == "0.0" else f", constant_values={filling}"
    return model.let(f"ops.pad({x.made.name}, {[(0, 0), *around, (0, 0)]}{value})").name, ""


def _is_same(x: Operand, g: Geometry) -> bool:
    """Whether the windows are those of padding="same"."""
    sizes = (g.height, g.out_height, g.stride_height, g.top), (g.width, g.out_width, g.stride_width, g.left)
    around = dict(zip(of_axes(x, 0, 1), sides(x, g), strict=True))
    return all(
        out == -(-size // stride) and before == sum(around[axis]) // 2
        for axis, (size, out, stride, before) in enumerate(sizes)
        if axis in around
    )
