"""Arithmetic of two values, one of which may be broadcast; joining and dividing channels."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Sizes, Source
from dltool.ops.broadcasting import Axes, paired

PUT = """
static void put(float *y, const float *x, int rows, int width, int whole, int start)
{
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < width; i++)
            y[r * whole + start + i] = x[r * width + i];
}
"""
TAKE = """
static void take(float *y, const float *x, int rows, int width, int whole, int start)
{
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < width; i++)
            y[r * width + i] = x[r * whole + start + i];
}
"""


def add(source: Source, a: Operand, b: Operand) -> Buffer:
    """a + b."""
    return _of_two(source, "add", "+", a, b)


def subtract(source: Source, a: Operand, b: Operand) -> Buffer:
    """a − b."""
    return _of_two(source, "subtract", "-", a, b)


def multiply(source: Source, a: Operand, b: Operand) -> Buffer:
    """a · b."""
    return _of_two(source, "multiply", "*", a, b)


def divide(source: Source, a: Operand, b: Operand) -> Buffer:
    """a / b."""
    return _of_two(source, "divide", "/", a, b)


def add_broadcast(source: Source, a: Operand, b: Operand, *, axes: Axes) -> Buffer:
    """a + b."""
    return _of_two(source, "add", "+", a, b)


def subtract_broadcast(source: Source, a: Operand, b: Operand, *, axes: Axes) -> Buffer:
    """a − b."""
    return _of_two(source, "subtract", "-", a, b)


def multiply_broadcast(source: Source, a: Operand, b: Operand, *, axes: Axes) -> Buffer:
    """a · b."""
    return _of_two(source, "multiply", "*", a, b)


def divide_broadcast(source: Source, a: Operand, b: Operand, *, axes: Axes) -> Buffer:
    """a / b."""
    return _of_two(source, "divide", "/", a, b)


def concat(source: Source, *inputs: Operand) -> Buffer:
    """The inputs side by side."""
    rows, whole = inputs[0].rows, sum(x.channels for x in inputs)
    y, start = source.buffer(rows * whole), 0
    for x in inputs:
        source.call(PUT, "put", y, x, rows, x.channels, whole, start)
        start += x.channels
    return y


def split(source: Source, x: Operand, *, parts: int) -> list[Buffer]:
    """Parts of one size."""
    width = x.channels // parts
    return [
        source.made(TAKE, "take", x.rows * width, x, x.rows, width, x.channels, part * width) for part in range(parts)
    ]


def strides(shape: tuple[int, ...], small: tuple[int, ...]) -> tuple[Sizes, Sizes]:
    """The sizes of four axes, and how far apart their elements are in a smaller value: 0 where it has size 1."""
    axes = [(1, 1)] * (4 - len(shape)) + list(paired(shape, small))
    steps, step = [0] * 4, 1
    for i in reversed(range(4)):
        steps[i] = step if axes[i][1] > 1 else 0
        step *= axes[i][1]
    return Sizes([large for large, _ in axes]), Sizes(steps)


def _of_two(source: Source, name: str, operator: str, a: Operand, b: Operand) -> Buffer:
    text = f"""
static void {name}(float *y, const float *a, const float *b, const int *size, const int *step)
{{
    for (int i = 0; i < size[0]; i++)
        for (int j = 0; j < size[1]; j++)
            for (int k = 0; k < size[2]; k++)
                for (int l = 0; l < size[3]; l++)
                    *y++ = *a++ {operator} b[i * step[0] + j * step[1] + k * step[2] + l * step[3]];
}}
"""
    return source.made(text, name, a.size, a, b, *strides(a.shape, b.shape))
