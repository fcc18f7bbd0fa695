"""Integers of a sample, as floats, and the rows of a table that they name."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Place, Source

_VECTORS = """
static void vectors(float *y, const float *codes, const float *table, int n, int size, int width)
{
    for (int k = 0; k < n; k++)
        for (int i = 0; i < width; i++)
            y[k * width + i] = codes[k] >= 0.0f && codes[k] < (float)size ? table[(int)codes[k] * width + i] : 0.0f;
}
"""


def gather_codes(source: Source, data: Operand, rows: Operand, *, start: int, length: int, size: int) -> Place:
    """The codes themselves, or some of them."""
    return f"{data.place} + {start}" if start else data.place


def embedding(source: Source, codes: Operand, table: Operand, *, size: int) -> Buffer:
    """x (…, width)."""
    width = table.shape[1]
    return source.made(_VECTORS, "vectors", codes.size * width, codes, table, codes.size, size, width)
