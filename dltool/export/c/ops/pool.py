"""Pools."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Geometry, Operand, Source
from dltool.export.c.windows import WINDOWS

_LARGEST = """
static void largest(float *y, const float *x, geometry g, int channels)
{
    for (int i = 0; i < g.out_height; i++)
        for (int j = 0; j < g.out_width; j++, y += channels) {
            for (int c = 0; c < channels; c++)
                y[c] = -INFINITY;
            for (int k = 0; k < g.kernel_height; k++)
                for (int m = 0; m < g.kernel_width; m++) {
                    const int place = pixel(g, i, j, k, m);
                    for (int c = 0; place >= 0 && c < channels; c++)
                        y[c] = fmaxf(y[c], x[place * channels + c]);
                }
        }
}
"""
_AVERAGE = """
static void average(float *y, const float *x, geometry g, int channels, int include_padding)
{
    for (int i = 0; i < g.out_height; i++)
        for (int j = 0; j < g.out_width; j++, y += channels) {
            int count = 0;
            for (int c = 0; c < channels; c++)
                y[c] = 0.0f;
            for (int k = 0; k < g.kernel_height; k++)
                for (int m = 0; m < g.kernel_width; m++) {
                    const int place = pixel(g, i, j, k, m);
                    count += place >= 0 || include_padding;
                    for (int c = 0; place >= 0 && c < channels; c++)
                        y[c] += x[place * channels + c];
                }
            for (int c = 0; c < channels; c++)
                y[c] /= (float)count;
        }
}
"""


def max_pool(source: Source, x: Operand, **geometry: int) -> Buffer:
    """The largest of each window."""
    source.use(WINDOWS)
    return source.made(_LARGEST, "largest", _size(x, geometry), x, Geometry([*geometry.values()]), x.channels)


def average_pool(source: Source, x: Operand, *, include_padding: int, **geometry: int) -> Buffer:
    """The mean of each window."""
    source.use(WINDOWS)
    windows = Geometry([*geometry.values()])
    return source.made(_AVERAGE, "average", _size(x, geometry), x, windows, x.channels, include_padding)


def _size(x: Operand, geometry: dict[str, int]) -> int:
    return geometry["out_height"] * geometry["out_width"] * x.channels
