"""Long short-term memory."""

from __future__ import annotations

from dltool.export.c.ops.recurrence import RECUR, STEP
from dltool.export.c.source import Buffer, Operand, Source

_LSTM = """
static void lstm(float *y, const float *x, const float *w, const float *b, const float *u, const float *hidden,
                 const float *before, float *gates, float *cell, int steps, int inputs, int units)
{
    for (int i = 0; i < units; i++)
        cell[i] = before ? before[i] : 0.0f;
    for (int t = 0; t < steps; t++, x += inputs, y += units) {
        step(gates, x, w, b, inputs, 4 * units);
        if (t || hidden)
            recur(gates, t ? y - units : hidden, u, units, 4 * units);
        for (int i = 0; i < units; i++) {
            const float in = 1.0f / (1.0f + expf(-gates[i])), forget = 1.0f / (1.0f + expf(-gates[units + i]));
            const float out = 1.0f / (1.0f + expf(-gates[3 * units + i]));
            cell[i] = forget * cell[i] + in * tanhf(gates[2 * units + i]);
            y[i] = out * tanhf(cell[i]);
        }
    }
}
"""


def lstm(
    source: Source,
    x: Operand,
    weight: Operand,
    bias: Operand,
    recurrent: Operand,
    hidden: Operand | None = None,
    before: Operand | None = None,
) -> tuple[Buffer, Buffer, Buffer]:
    """y (T, H), gates, and of the cells only the last ones; gates in the order input, forget, cell, output."""
    (steps, inputs), units = x.shape, recurrent.shape[0]
    source.use(STEP, RECUR)
    y, gates, cell = (source.buffer(size) for size in (steps * units, 4 * units, units))
    arrays = x, weight, bias, recurrent, hidden, before
    source.call(_LSTM, "lstm", y, *arrays, gates, cell, steps, inputs, units)
    return y, gates, cell
