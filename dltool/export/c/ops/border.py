"""Zeros around images and series, and cutting borders off."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

_BORDERED = """
static void bordered(float *y, const float *x, int height, int width, int channels, int top, int left, int out_height,
                     int out_width)
{
    for (int i = 0; i < out_height; i++)
        for (int j = 0; j < out_width; j++) {
            const int row = i - top, column = j - left;
            const int inside = row >= 0 && row < height && column >= 0 && column < width;
            for (int c = 0; c < channels; c++)
                *y++ = inside ? x[(row * width + column) * channels + c] : 0.0f;
        }
}
"""


def pad(source: Source, x: Operand, *, height: int, width: int, top: int, bottom: int, left: int, right: int) -> Buffer:
    """x with zeros around it."""
    out = top + height + bottom, left + width + right
    sizes = height, width, x.channels, top, left, *out
    return source.made(_BORDERED, "bordered", out[0] * out[1] * x.channels, x, *sizes)


def crop(
    source: Source, x: Operand, *, height: int, width: int, top: int, bottom: int, left: int, right: int
) -> Buffer:
    """x without its border."""
    large = top + height + bottom, left + width + right
    sizes = *large, x.channels, -top, -left, height, width
    return source.made(_BORDERED, "bordered", height * width * x.channels, x, *sizes)
