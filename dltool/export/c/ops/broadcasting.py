"""Repeating a value along axes."""

from __future__ import annotations

from math import prod

from dltool.export.c.ops.arithmetic import strides
from dltool.export.c.source import Buffer, Operand, Source
from dltool.ops.broadcasting import Axes

_REPEATED = """
static void repeated(float *y, const float *x, const int *size, const int *step)
{
    for (int i = 0; i < size[0]; i++)
        for (int j = 0; j < size[1]; j++)
            for (int k = 0; k < size[2]; k++)
                for (int l = 0; l < size[3]; l++)
                    *y++ = x[i * step[0] + j * step[1] + k * step[2] + l * step[3]];
}
"""


def broadcast(source: Source, x: Operand, *, axes: Axes) -> Buffer:
    """x along the axes that are larger."""
    shape = tuple(large for large, _ in axes)
    return source.made(_REPEATED, "repeated", prod(shape), x, *strides(shape, x.shape))
