"""How places and channels stand in ONNX, for convolutions and pools."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand
from dltool.kernels.geometry import Geometry, covered


def channels_first(model: Model, x: Operand) -> str:
    """(B, C, …) of (B, …, C)."""
    axes = len(x.shape)
    return model.node("Transpose", x, perm=[0, axes, *range(1, axes)])


def channels_last(model: Model, x: str, axes: int) -> str:
    """(B, …, C) of (B, C, …), with this number of axes behind the batch."""
    return model.node("Transpose", x, perm=[0, *range(2, axes + 1), 1])


def of_axes(x: Operand, vertical: int, horizontal: int) -> list[int]:
    """Both numbers where x is a batch of images, the latter where it is one of series."""
    return [vertical, horizontal][3 - len(x.shape) :]


def padding(x: Operand, geometry: Geometry) -> tuple[list[int], list[int]]:
    """What is padded before and behind; less than 0 behind where windows end before the input does."""
    height, width = covered(geometry)
    below, right = height - geometry.height - geometry.top, width - geometry.width - geometry.left
    return of_axes(x, geometry.top, geometry.left), of_axes(x, below, right)
