"""Products with weights."""

from __future__ import annotations

import numpy as np

from dltool.export.c.source import Buffer, Operand, Source

_DENSE = """
static void dense(float *y, const float *x, const float *w, const float *b, int rows, int inputs, int outputs)
{
    for (int r = 0; r < rows; r++, x += inputs, y += outputs) {
        for (int j = 0; j < outputs; j++)
            y[j] = b ? b[j] : 0.0f;
        for (int k = 0; k < inputs; k++)
            for (int j = 0; j < outputs; j++)
                y[j] += x[k] * w[k * outputs + j];
    }
}
"""


def matmul(source: Source, x: Operand, w: Operand) -> Buffer:
    """x · w."""
    return _product(source, x, w.known)


def matmul_data_gradient(source: Source, dy: Operand, w: Operand) -> Buffer:
    """dy · wᵀ."""
    return _product(source, dy, np.ascontiguousarray(w.known.T))


def _product(source: Source, x: Operand, w: np.ndarray) -> Buffer:
    inputs, outputs = w.shape
    return source.made(_DENSE, "dense", x.rows * outputs, x, w, x.bias, x.rows, inputs, outputs)
