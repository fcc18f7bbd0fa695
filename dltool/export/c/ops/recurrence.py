"""What recurrent functions have in common, and what a network remembers from one call to the next."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Place, Shifted, Source

#: the products of the inputs of a step
STEP = """
static void step(float *y, const float *x, const float *w, const float *b, int inputs, int width)
{
    for (int i = 0; i < width; i++)
        y[i] = b[i];
    for (int k = 0; k < inputs; k++)
        for (int i = 0; i < width; i++)
            y[i] += x[k] * w[k * width + i];
}
"""
#: those of the step before, added to them
RECUR = """
static void recur(float *y, const float *before, const float *u, int units, int width)
{
    for (int k = 0; k < units; k++)
        for (int i = 0; i < width; i++)
            y[i] += before[k] * u[k * width + i];
}
"""
_STORE = """
static void store_memory(float *memory, const float *last, int units)
{
    for (int i = 0; i < units; i++)
        memory[i] = last[i];
}
"""


def load_memory(source: Source, memory: Operand) -> Place:
    """The memory, as it is before the call."""
    return source.place(memory)


def store_memory(source: Source, y: Operand, memory: Operand) -> None:
    """Keep the last step of y (T, H), of which the buffer may hold no other."""
    units, place = y.channels, source.place(y)
    assert isinstance(place, Buffer)
    source.call(_STORE, "store_memory", memory, Shifted(place, place.size - units), units)
