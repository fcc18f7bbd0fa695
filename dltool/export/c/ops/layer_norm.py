"""Layer normalization."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

_BY_ROWS = """
static void by_rows(float *y, const float *x, const float *gain, const float *bias, int rows, int channels, float eps)
{
    for (int r = 0; r < rows; r++, x += channels, y += channels) {
        float mean = 0.0f, variance = 0.0f;
        for (int c = 0; c < channels; c++)
            mean += x[c];
        mean /= (float)channels;
        for (int c = 0; c < channels; c++)
            variance += (x[c] - mean) * (x[c] - mean);
        const float factor = 1.0f / sqrtf(variance / (float)channels + eps);
        for (int c = 0; c < channels; c++)
            y[c] = (x[c] - mean) * factor * gain[c] + bias[c];
    }
}
"""


def layer_norm(source: Source, x: Operand, gain: Operand, bias: Operand, *, eps: float) -> Buffer:
    """(x − mean) / √(variance + eps) · gain + bias of every row."""
    return source.made(_BY_ROWS, "by_rows", x.size, x, gain, bias, x.rows, x.channels, float(eps))
