"""Sums and means over axes."""

from __future__ import annotations

from math import prod

from dltool.export.c.ops.arithmetic import strides
from dltool.export.c.source import Buffer, Operand, Source
from dltool.ops.broadcasting import Axes

_TOTAL = """
static void total(float *y, const float *x, const int *size, const int *step, int n, float factor)
{
    for (int i = 0; i < n; i++)
        y[i] = 0.0f;
    for (int i = 0; i < size[0]; i++)
        for (int j = 0; j < size[1]; j++)
            for (int k = 0; k < size[2]; k++)
                for (int l = 0; l < size[3]; l++)
                    y[i * step[0] + j * step[1] + k * step[2] + l * step[3]] += *x++;
    for (int i = 0; i < n; i++)
        y[i] *= factor;
}
"""


def sum(source: Source, x: Operand, *, axes: Axes) -> Buffer:  # noqa: A001
    """Σ over the axes that have size 1 in y."""
    return _total(source, x, axes, 1.0)


def mean(source: Source, x: Operand, *, axes: Axes) -> Buffer:
    """The mean over the axes that have size 1 in y."""
    small = prod(after for _, after in axes)
    return _total(source, x, axes, small / x.size)


def _total(source: Source, x: Operand, axes: Axes, factor: float) -> Buffer:
    small = tuple(after for _, after in axes)
    return source.made(_TOTAL, "total", prod(small), x, *strides(x.shape, small), prod(small), factor)
