"""Softmax."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

#: also an output activation
SOFTMAX = """
static void softmax(float *y, const float *x, int rows, int channels)
{
    for (int r = 0; r < rows; r++, x += channels, y += channels) {
        float largest = x[0], sum = 0.0f;
        for (int c = 1; c < channels; c++)
            largest = fmaxf(largest, x[c]);
        for (int c = 0; c < channels; c++) {
            y[c] = expf(x[c] - largest);
            sum += y[c];
        }
        for (int c = 0; c < channels; c++)
            y[c] /= sum;
    }
}
"""


def softmax(source: Source, x: Operand) -> Buffer:
    """Softmax of every row."""
    return source.made(SOFTMAX, "softmax", x.size, x, x.rows, x.channels)
