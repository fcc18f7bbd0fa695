"""The simple recurrent network."""

from __future__ import annotations

from dltool.export.c.ops.recurrence import RECUR, STEP
from dltool.export.c.source import Buffer, Operand, Source

_RNN = """
static void simple_rnn(float *y, const float *x, const float *w, const float *b, const float *u,
                       const float *hidden, int steps, int inputs, int units, int relu)
{
    for (int t = 0; t < steps; t++, x += inputs, y += units) {
        step(y, x, w, b, inputs, units);
        if (t || hidden)
            recur(y, t ? y - units : hidden, u, units, units);
        for (int i = 0; i < units; i++)
            y[i] = relu ? fmaxf(y[i], 0.0f) : tanhf(y[i]);
    }
}
"""


def simple_rnn(
    source: Source,
    x: Operand,
    weight: Operand,
    bias: Operand,
    recurrent: Operand,
    hidden: Operand | None = None,
    *,
    relu: int,
) -> Buffer:
    """y (T, H)."""
    (steps, inputs), units = x.shape, recurrent.shape[0]
    source.use(STEP, RECUR)
    arrays = x, weight, bias, recurrent, hidden
    return source.made(_RNN, "simple_rnn", steps * units, *arrays, steps, inputs, units, relu)
