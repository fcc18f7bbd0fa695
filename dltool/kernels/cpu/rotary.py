"""Rotary positions; x and y may lie in the same place."""

from __future__ import annotations

from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.vector import constant, load, store
from dltool.kernels.records import LANES


@kernel
def rotary(x, turns, y, heads, inverse, step, low, high):
    """y (T, C) = x (T, C) with the first `heads` heads of D channels turned by turns (T, D); overwrites y."""
    steps, width = x.rows_per_sample, turns.channels
    for sample in range(low, high):
        for t in range(steps):
            row = sample * steps + t
            for block in range(heads * width // LANES, x.blocks):
                store(y, (block * y.rows + row) * LANES, load(x, (block * x.rows + row) * LANES))
            for head in range(heads):
                if width % (2 * LANES) == 0:
                    turn_vectors(x, turns, y, head * width // LANES, row, t, width // (2 * LANES), inverse)
                else:
                    turn_numbers(x, turns, y, head * width, row, t, width // 2, inverse)


def turn_vectors(x, turns, y, block, row, t, half, inverse):
    """A head whose halves are whole blocks, from `block` on."""
    for n in range(half):
        first, second = ((block + n) * x.rows + row) * LANES, ((block + half + n) * x.rows + row) * LANES
        cosine, sine = load(turns, (n * turns.rows + t) * LANES), load(turns, ((half + n) * turns.rows + t) * LANES)
        if inverse != 0:
            sine = constant(0) - sine
        one, two = load(x, first), load(x, second)
        store(y, first, one * cosine - two * sine)
        store(y, second, two * cosine + one * sine)


def turn_numbers(x, turns, y, channel, row, t, half, inverse):
    """A head from `channel` on, one pair at a time."""
    for i in range(half):
        first, second = place(channel + i, row, x.rows), place(channel + half + i, row, x.rows)
        cosine, sine = turns[place(i, t, turns.rows)], turns[place(half + i, t, turns.rows)]
        if inverse != 0:
            sine = -sine
        one, two = x[first], x[second]
        y[first] = one * cosine - two * sine
        y[second] = two * cosine + one * sine
