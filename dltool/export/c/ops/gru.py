"""Gated recurrent units."""

from __future__ import annotations

from dltool.export.c.ops.recurrence import RECUR, STEP
from dltool.export.c.source import Buffer, Operand, Source

_GRU = """
static void gru(float *y, const float *x, const float *w, const float *b, const float *u, const float *c,
                const float *hidden, float *products, float *sums, int steps, int inputs, int units)
{
    for (int t = 0; t < steps; t++, x += inputs, y += units) {
        step(products, x, w, b, inputs, 3 * units);
        for (int i = 0; i < 3 * units; i++)
            sums[i] = c[i];
        const float *before = t ? y - units : hidden;
        if (before)
            recur(sums, before, u, units, 3 * units);
        for (int i = 0; i < units; i++) {
            const float reset = 1.0f / (1.0f + expf(-products[i] - sums[i]));
            const float update = 1.0f / (1.0f + expf(-products[units + i] - sums[units + i]));
            const float candidate = tanhf(products[2 * units + i] + reset * sums[2 * units + i]);
            y[i] = candidate + update * ((before ? before[i] : 0.0f) - candidate);
        }
    }
}
"""


def gru(
    source: Source,
    x: Operand,
    weight: Operand,
    bias: Operand,
    recurrent: Operand,
    recurrent_bias: Operand,
    hidden: Operand | None = None,
) -> Buffer:
    """y (T, H); gates in the order reset, update, candidate."""
    (steps, inputs), units = x.shape, recurrent.shape[0]
    source.use(STEP, RECUR)
    y, products, sums = (source.buffer(size) for size in (steps * units, 3 * units, 3 * units))
    arrays = x, weight, bias, recurrent, recurrent_bias, hidden
    source.call(_GRU, "gru", y, *arrays, products, sums, steps, inputs, units)
    return y
