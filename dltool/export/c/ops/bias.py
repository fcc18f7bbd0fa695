"""Biases; one behind a product is added there."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

_BIASED = """
static void biased(float *y, const float *x, const float *b, int rows, int channels)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < channels; c++)
            y[r * channels + c] = x[r * channels + c] + b[c];
}
"""


def add_bias(source: Source, x: Operand, b: Operand) -> Buffer:
    """x + b."""
    return source.made(_BIASED, "biased", x.size, x, b, x.rows, x.channels)
