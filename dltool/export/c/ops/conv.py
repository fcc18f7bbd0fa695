"""Convolutions of images, and of series as images of height 1."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Geometry, Operand, Source
from dltool.export.c.windows import WINDOWS

_CONVOLVED = """
static void convolved(float *y, const float *x, const float *w, const float *b, geometry g, int channels, int filters)
{
    for (int i = 0; i < g.out_height; i++)
        for (int j = 0; j < g.out_width; j++, y += filters) {
            for (int n = 0; n < filters; n++)
                y[n] = b ? b[n] : 0.0f;
            for (int k = 0; k < g.kernel_height; k++)
                for (int m = 0; m < g.kernel_width; m++) {
                    const int place = pixel(g, i, j, k, m);
                    if (place < 0)
                        continue;
                    const float *seen = x + place * channels;
                    const float *weights = w + (k * g.kernel_width + m) * channels * filters;
                    for (int c = 0; c < channels; c++)
                        for (int n = 0; n < filters; n++)
                            y[n] += seen[c] * weights[c * filters + n];
                }
        }
}
"""
_SPREAD = """
static void spread(float *x, const float *y, const float *w, const float *b, geometry g, int channels, int filters)
{
    for (int i = 0; i < g.height * g.width; i++)
        for (int c = 0; c < channels; c++)
            x[i * channels + c] = b ? b[c] : 0.0f;
    for (int i = 0; i < g.out_height; i++)
        for (int j = 0; j < g.out_width; j++, y += filters)
            for (int k = 0; k < g.kernel_height; k++)
                for (int m = 0; m < g.kernel_width; m++) {
                    const int place = pixel(g, i, j, k, m);
                    if (place < 0)
                        continue;
                    float *reached = x + place * channels;
                    const float *weights = w + (k * g.kernel_width + m) * channels * filters;
                    for (int c = 0; c < channels; c++)
                        for (int n = 0; n < filters; n++)
                            reached[c] += y[n] * weights[c * filters + n];
                }
}
"""


def conv(source: Source, x: Operand, w: Operand, **geometry: int) -> Buffer:
    """y (h, w, N)."""
    filters = w.shape[-1]
    size = geometry["out_height"] * geometry["out_width"] * filters
    source.use(WINDOWS)
    windows = Geometry([*geometry.values()])
    return source.made(_CONVOLVED, "convolved", size, x, w, x.bias, windows, x.channels, filters)


def conv_data_gradient(source: Source, dy: Operand, w: Operand, **geometry: int) -> Buffer:
    """dx (H, W, C)."""
    channels = w.shape[-2]
    size = geometry["height"] * geometry["width"] * channels
    source.use(WINDOWS)
    windows = Geometry([*geometry.values()])
    return source.made(_SPREAD, "spread", size, dy, w, dy.bias, windows, channels, dy.channels)
