"""Pools."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.keras.ops.places import of_axes, padded, sides
from dltool.export.program import Operand, Variable
from dltool.kernels.geometry import Geometry


def max_pool(model: Model, x: Operand, **geometry: int) -> Variable:
    """MaxPooling1D or MaxPooling2D."""
    windows = Geometry(**geometry)
    seen, _ = padded(model, x, windows, 'float("-inf")')
    return model.let(_pooled("MaxPooling", x, windows, seen))


def average_pool(model: Model, x: Operand, *, include_padding: int, **geometry: int) -> Variable:
    """AveragePooling1D or AveragePooling2D; divided by that of ones where padding does not count."""
    windows = Geometry(**geometry)
    around = [(0, 0), *sides(x, windows), (0, 0)]
    if not any(map(any, around)):
        return model.let(_pooled("AveragePooling", x, windows, x.made.name))
    mean = _pooled("AveragePooling", x, windows, f"ops.pad({x.made.name}, {around})")
    if include_padding:
        return model.let(mean)
    ones = f"ops.pad(ops.ones_like({x.made.name}), {around})"
    return model.let(f"{mean} / {_pooled('AveragePooling', x, windows, ones)}")


def _pooled(kind: str, x: Operand, geometry: Geometry, seen: str) -> str:
    kernel = tuple(of_axes(x, geometry.kernel_height, geometry.kernel_width))
    stride = tuple(of_axes(x, geometry.stride_height, geometry.stride_width))
    return f"layers.{kind}{len(kernel)}D({kernel}, {stride})({seen})"
