"""From codes to numbers: rows of an embedding, and one-hot vectors."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

_BAG = """
static void bag(float *y, const float *codes, const float *table, int length, int width)
{
    int count = 0;
    for (int i = 0; i < width; i++)
        y[i] = 0.0f;
    for (int k = 0; k < length; k++)
        if (codes[k] >= 0.0f) {
            count++;
            for (int i = 0; i < width; i++)
                y[i] += table[(int)codes[k] * width + i];
        }
    for (int i = 0; i < width; i++)
        y[i] /= sqrtf(count > 1 ? (float)count : 1.0f);
}
"""
_ONE_HOT = """static void one_hot(float *y, const float *code, const float *shares, int size)
{
    for (int i = 0; i < size; i++)
        y[i] = shares && code[0] == 0.0f ? shares[i] : code[0] == (float)i ? 1.0f : 0.0f;
}
"""


def embed(source: Source, codes: Operand, rows: Operand, table: Operand, *, start: int, length: int) -> Buffer:
    """Σ table[code] over the codes that are not negative, over √(their number)."""
    width = table.shape[1]
    return source.made(_BAG, "bag", width, f"{codes.place} + {start}", table, length, width)


def one_hot(source: Source, codes: Operand, rows: Operand, *shares: Operand, start: int, size: int) -> Buffer:
    """1 where the code says; with shares, code 0 gives these."""
    mean = shares[0] if shares else None
    return source.made(_ONE_HOT, "one_hot", size, f"{codes.place} + {start}", mean, size)
