"""Sequences of unequal length; a length is a float in memory."""

from __future__ import annotations

from dltool.export.c.ops.arithmetic import TAKE
from dltool.export.c.source import Buffer, Operand, Source

_COUNT = """
static void count(float *y, const float *codes, int n)
{
    y[0] = 0.0f;
    for (int i = 0; i < n; i++)
        if (codes[i] >= 0.0f)
            y[0] += 1.0f;
    y[0] = fmaxf(y[0], 1.0f);
}
"""
_WINDOWS = """
static void windows(float *y, const float *lengths, int reach, int stride, int padding)
{
    const int room = (int)fmaxf(lengths[0], 1.0f) + 2 * padding - reach;
    y[0] = room < 0 ? 1.0f : (float)(room / stride + 1);
}
"""
_MASKED = """
static void masked(float *y, const float *x, const float *lengths, int steps, int channels, float fill)
{
    for (int t = 0; t < steps; t++)
        for (int c = 0; c < channels; c++)
            y[t * channels + c] = (float)t < lengths[0] ? x[t * channels + c] : fill;
}
"""
_LAST = """
static void last(float *y, const float *x, const float *lengths, int channels)
{
    for (int c = 0; c < channels; c++)
        y[c] = x[((int)lengths[0] - 1) * channels + c];
}
"""
_MEAN = """
static void mean_of_steps(float *y, const float *x, const float *lengths, int channels)
{
    for (int c = 0; c < channels; c++) {
        y[c] = 0.0f;
        for (int t = 0; t < (int)lengths[0]; t++)
            y[c] += x[t * channels + c];
        y[c] /= lengths[0];
    }
}
"""
_REVERSED = """
static void reversed(float *y, const float *x, const float *lengths, int steps, int channels)
{
    const int length = lengths ? (int)lengths[0] : steps;
    for (int t = 0; t < steps; t++)
        for (int c = 0; c < channels; c++)
            y[t * channels + c] = x[(t < length ? length - 1 - t : t) * channels + c];
}
"""


def lengths(source: Source, codes: Operand) -> Buffer:
    """How many codes are not negative, at least 1."""
    return source.made(_COUNT, "count", 1, codes, codes.size)


def window_lengths(source: Source, lengths: Operand, *, reach: int, stride: int, padding: int) -> Buffer:
    """How many windows fit, at least 1."""
    return source.made(_WINDOWS, "windows", 1, lengths, reach, stride, padding)


def mask(source: Source, x: Operand, lengths: Operand, *, fill: float) -> Buffer:
    """x in the steps that count."""
    return source.made(_MASKED, "masked", x.size, x, lengths, *x.shape, float(fill))


def last_step(source: Source, x: Operand, *lengths: Operand) -> Buffer:
    """The last step that counts."""
    if lengths:
        return source.made(_LAST, "last", x.channels, x, lengths[0], x.channels)
    return source.made(TAKE, "take", x.channels, x, 1, x.channels, x.size, x.size - x.channels)


def mean_steps(source: Source, x: Operand, lengths: Operand) -> Buffer:
    """The mean of the steps that count."""
    return source.made(_MEAN, "mean_of_steps", x.channels, x, lengths, x.channels)


def reverse(source: Source, x: Operand, *lengths: Operand) -> Buffer:
    """The steps that count in reverse."""
    return source.made(_REVERSED, "reversed", x.size, x, lengths[0] if lengths else None, *x.shape)
