"""Fetching the batch: a sample is what  gets."""

from __future__ import annotations

import numpy as np

from dltool.export.c.source import Operand, Place, Source

SCALED = """
static void scaled(float *y, const float *x, const float *offset, const float *factor, int n, int channels)
{
    for (int i = 0; i < n; i++)
        y[i] = (x[i] - offset[i % channels]) * factor[i % channels];
}
"""


def gather(source: Source, data: Operand, rows: Operand) -> Place:
    """The features themselves."""
    return data.place


def gather_scaled(source: Source, data: Operand, rows: Operand, offset: Operand, factor: Operand) -> Place:
    """(bytes − offset) · factor."""
    both = np.broadcast_arrays(np.atleast_1d(offset.known), np.atleast_1d(factor.known))
    return source.made(SCALED, "scaled", data.size, data, *map(np.array, both), data.size, both[0].size)
