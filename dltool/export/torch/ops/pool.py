"""Pools."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.export.torch.ops.places import of_axes, padded, sides
from dltool.kernels.geometry import Geometry


def max_pool(module: Module, x: Operand, **geometry: int) -> Variable:
    """max_pool1d or max_pool2d."""
    return module.let(_pooled(module, "max", x, Geometry(**geometry), "float('-inf')"), first=True)


def average_pool(module: Module, x: Operand, *, include_padding: int, **geometry: int) -> Variable:
    """avg_pool1d or avg_pool2d; divided by that of ones where padding does not count."""
    windows = Geometry(**geometry)
    mean = _pooled(module, "avg", x, windows, "0.0")
    before, after = sides(x, windows)
    if include_padding or not any([*before, *after]):
        return module.let(mean, first=True)
    ones = module.let(f"torch.ones_like({module.last(x)})")
    shares = _pooled(module, "avg", Operand(x.spec, x.path, ones), windows, "0.0")
    return module.let(f"{mean} / {shares}", first=True)


def _pooled(module: Module, kind: str, x: Operand, geometry: Geometry, filling: str) -> str:
    before, after = sides(x, geometry)
    seen = padded(module, x, before, after, filling) if any([*before, *after]) else module.first(x)
    kernel = of_axes(x, geometry.kernel_height, geometry.kernel_width)
    stride = of_axes(x, geometry.stride_height, geometry.stride_width)
    return f"functional.{kind}_pool{len(kernel)}d({seen}, {tuple(kernel)}, {tuple(stride)})"
