"""Batch normalization by fixed statistics: a factor and a number to add for each channel."""

from __future__ import annotations

import numpy as np

from dltool.export.c.source import Buffer, Operand, Source

_NORMALIZED = """
static void normalized(float *y, const float *x, const float *factor, const float *shift, int rows, int channels)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < channels; c++)
            y[r * channels + c] = x[r * channels + c] * factor[c] + shift[c];
}
"""


def batch_norm_inference(
    source: Source, x: Operand, gain: Operand, bias: Operand, mean: Operand, variance: Operand, *, eps: float
) -> Buffer:
    """x · factor + shift."""
    factor = gain.known / np.sqrt(variance.known.astype(np.float64) + eps)
    shift = bias.known - mean.known * factor
    return source.made(
        _NORMALIZED, "normalized", x.size, x, factor.astype(np.float32), shift.astype(np.float32), x.rows, x.channels
    )
