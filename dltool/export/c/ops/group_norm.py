"""Group normalization."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

_BY_GROUPS = """
static void by_groups(float *y, const float *x, const float *gain, const float *bias, int rows, int channels,
                      int groups, float eps)
{
    const int width = channels / groups;
    for (int g = 0; g < groups; g++) {
        float mean = 0.0f, variance = 0.0f;
        for (int r = 0; r < rows; r++)
            for (int c = g * width; c < (g + 1) * width; c++)
                mean += x[r * channels + c];
        mean /= (float)(rows * width);
        for (int r = 0; r < rows; r++)
            for (int c = g * width; c < (g + 1) * width; c++)
                variance += (x[r * channels + c] - mean) * (x[r * channels + c] - mean);
        variance /= (float)(rows * width);
        const float factor = 1.0f / sqrtf(variance + eps);
        for (int r = 0; r < rows; r++)
            for (int c = g * width; c < (g + 1) * width; c++)
                y[r * channels + c] = (x[r * channels + c] - mean) * factor * gain[c] + bias[c];
    }
}
"""


def group_norm(source: Source, x: Operand, gain: Operand, bias: Operand, *, groups: int, eps: float) -> Buffer:
    """(x − mean) / √(variance + eps) · gain + bias, over the places and the channels of each group."""
    return source.made(_BY_GROUPS, "by_groups", x.size, x, gain, bias, x.rows, x.channels, groups, float(eps))
