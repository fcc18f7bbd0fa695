"""Images and series enlarged by whole factors."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

_NEAREST = """
static void nearest(float *y, const float *x, int height, int width, int factor_height, int factor_width, int channels)
{
    for (int i = 0; i < height * factor_height; i++)
        for (int j = 0; j < width * factor_width; j++)
            for (int c = 0; c < channels; c++)
                *y++ = x[(i / factor_height * width + j / factor_width) * channels + c];
}
"""
_BILINEAR = """
static float between(int place, int factor, int size)
{
    const float at = ((float)place + 0.5f) / (float)factor - 0.5f;
    return fminf(fmaxf(at, 0.0f), (float)(size - 1));
}

static void bilinear(float *y, const float *x, int height, int width, int factor_height, int factor_width, int channels)
{
    for (int i = 0; i < height * factor_height; i++)
        for (int j = 0; j < width * factor_width; j++) {
            const float down = between(i, factor_height, height), right = between(j, factor_width, width);
            const int top = (int)down, left = (int)right;
            const int bottom = top + 1 < height ? top + 1 : top, end = left + 1 < width ? left + 1 : left;
            const float below = down - (float)top, behind = right - (float)left;
            for (int c = 0; c < channels; c++)
                *y++ = (1.0f - below) * ((1.0f - behind) * x[(top * width + left) * channels + c] +
                                         behind * x[(top * width + end) * channels + c]) +
                       below * ((1.0f - behind) * x[(bottom * width + left) * channels + c] +
                                behind * x[(bottom * width + end) * channels + c]);
        }
}
"""


def upsample_nearest(
    source: Source, x: Operand, *, height: int, width: int, factor_height: int, factor_width: int
) -> Buffer:
    """Every pixel several times."""
    sizes = height, width, factor_height, factor_width, x.channels
    return source.made(_NEAREST, "nearest", x.size * factor_height * factor_width, x, *sizes)


def upsample_bilinear(
    source: Source, x: Operand, *, height: int, width: int, factor_height: int, factor_width: int
) -> Buffer:
    """Linearly between neighbors, along both axes."""
    sizes = height, width, factor_height, factor_width, x.channels
    return source.made(_BILINEAR, "bilinear", x.size * factor_height * factor_width, x, *sizes)
