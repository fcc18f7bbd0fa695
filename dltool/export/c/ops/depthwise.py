"""Convolutions that keep channels apart."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Geometry, Operand, Source
from dltool.export.c.windows import WINDOWS

_DEPTHWISE = """
static void depthwise(float *y, const float *x, const float *w, const float *b, geometry g, int channels)
{
    for (int i = 0; i < g.out_height; i++)
        for (int j = 0; j < g.out_width; j++, y += channels) {
            for (int c = 0; c < channels; c++)
                y[c] = b ? b[c] : 0.0f;
            for (int k = 0; k < g.kernel_height; k++)
                for (int m = 0; m < g.kernel_width; m++) {
                    const int place = pixel(g, i, j, k, m);
                    if (place < 0)
                        continue;
                    const float *seen = x + place * channels;
                    const float *weights = w + (k * g.kernel_width + m) * channels;
                    for (int c = 0; c < channels; c++)
                        y[c] += seen[c] * weights[c];
                }
        }
}
"""


def depthwise(source: Source, x: Operand, w: Operand, **geometry: int) -> Buffer:
    """y (h, w, C)."""
    size = geometry["out_height"] * geometry["out_width"] * x.channels
    source.use(WINDOWS)
    return source.made(_DEPTHWISE, "depthwise", size, x, w, x.bias, Geometry([*geometry.values()]), x.channels)
