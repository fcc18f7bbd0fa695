"""Exchanging two axes."""

from __future__ import annotations

from math import prod

from dltool.export.c.source import Buffer, Operand, Source

_EXCHANGED = """
static void exchanged(float *y, const float *x, int outer, int first, int middle, int second, int inner)
{
    for (int o = 0; o < outer; o++)
        for (int s = 0; s < second; s++)
            for (int m = 0; m < middle; m++)
                for (int f = 0; f < first; f++)
                    for (int i = 0; i < inner; i++)
                        *y++ = x[(((o * first + f) * middle + m) * second + s) * inner + i];
}
"""


def transpose(source: Source, x: Operand, *, axes: tuple[tuple[int], ...], first: int, second: int) -> Buffer:
    """x with two axes exchanged."""
    shape = x.shape
    between, behind = prod(shape[first + 1 : second]), prod(shape[second + 1 :])
    sizes = prod(shape[:first]), shape[first], between, shape[second], behind
    return source.made(_EXCHANGED, "exchanged", x.size, x, *sizes)
