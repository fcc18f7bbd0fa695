"""Rotary positions."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

_TURNED = """
static void turned(float *y, const float *x, const float *turns, int steps, int channels, int heads, int width,
                   int sign)
{
    for (int t = 0; t < steps; t++, x += channels, y += channels, turns += width) {
        for (int c = heads * width; c < channels; c++)
            y[c] = x[c];
        for (int h = 0; h < heads; h++)
            for (int i = 0; i < width / 2; i++) {
                const float one = x[h * width + i], two = x[h * width + width / 2 + i];
                const float cosine = turns[i], sine = (float)sign * turns[width / 2 + i];
                y[h * width + i] = one * cosine - two * sine;
                y[h * width + width / 2 + i] = two * cosine + one * sine;
            }
    }
}
"""


def rotary(source: Source, x: Operand, turns: Operand, *, heads: int, inverse: int) -> Buffer:
    """Pairs of channels turned by the angle of their step."""
    sizes = *x.shape, heads, turns.shape[1], -1 if inverse else 1
    return source.made(_TURNED, "turned", x.size, x, turns, *sizes)
