"""Long short-term memory; all samples of a thread take each step together."""

from __future__ import annotations

from dltool.kernels.cpu.channels import load_channels, store_channels
from dltool.kernels.cpu.elementary import rational_sigmoid, rational_tanh
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.recurrence import (
    add_seen,
    add_slopes,
    put_steps,
    start_state,
    take_mask,
    take_steps,
    transpose_matrix,
)
from dltool.kernels.cpu.vector import clear_vectors, constant, copy_vectors, load, store
from dltool.kernels.cpu.workspace import STEPS_TOGETHER, dense_vectors, lstm_gradient_space, lstm_space
from dltool.kernels.records import LANES


@kernel
def lstm(products, recurrent, extras, y, gates, cells, masked, rounded, tiles, workspace, step, low, high):
    """y (T, H), gates (T, 4 · H) and cells (T, H) of products (T, 4 · H), which may lie where the gates do."""
    lstm_steps(products, recurrent, extras, y, gates, cells, masked, rounded, tiles, workspace, low, high)


def lstm_steps(products, recurrent, extras, y, gates, cells, masked, rounded, tiles, workspace, low, high):
    """The steps; with `rounded` 2, recurrent weights are words."""
    steps, count, blocks, units = y.rows_per_sample, high - low, y.blocks, y.channels
    size, gates_size = dense_vectors(blocks, count), dense_vectors(gates.blocks, count)
    at_cells, at_gates, at_mask, _ = lstm_space(count, blocks, gates.blocks)
    hidden, cell, dense = workspace, at(workspace, at_cells), at(workspace, at_gates)  # the first of hidden: before
    mask = at(workspace, at_mask)
    take_mask(extras, masked, blocks, low, count, mask)
    start_state(extras, masked, 0, blocks, low, count, hidden)
    start_state(extras, masked, 1, blocks, low, count, cell)
    for first in range(0, steps, STEPS_TOGETHER):
        number = min(STEPS_TOGETHER, steps - first)
        take_steps(products, low, count, first, number, dense)
        for t in range(number):
            now, known = at(dense, t * gates_size), at(hidden, t * size)
            add_seen(tiles, known, mask, masked, rounded, blocks, count, recurrent, gates.blocks, now)
            before, after = at(cell, t * size), at(cell, (t + 1) * size)
            for block in range(blocks):
                for row in range(count):
                    lstm_units(now, at(known, size), before, after, count, row, block, units)
        put_steps(dense, gates, low, count, first, number)
        put_steps(at(hidden, size), y, low, count, first, number)
        put_steps(at(cell, size), cells, low, count, first, number)
        copy_vectors(at(hidden, number * size), hidden, blocks * count)
        copy_vectors(at(cell, number * size), cell, blocks * count)


def lstm_units(gates, hidden, before, cell, count, row, block, units):
    """One step of 16 units of a sample: makes gates of sums, and from these a new cell and a new hidden state."""
    first, rest, place = block * LANES, units - block * LANES, (block * count + row) * LANES
    i = rational_sigmoid(load_channels(gates, count, row, first, rest))
    f = rational_sigmoid(load_channels(gates, count, row, first + units, rest))
    g = rational_tanh(load_channels(gates, count, row, first + 2 * units, rest))
    o = rational_sigmoid(load_channels(gates, count, row, first + 3 * units, rest))
    c = f * load(before, place) + i * g
    store(cell, place, c)
    store(hidden, place, o * rational_tanh(c))
    store_channels(gates, count, row, first, rest, i)
    store_channels(gates, count, row, first + units, rest, f)
    store_channels(gates, count, row, first + 2 * units, rest, g)
    store_channels(gates, count, row, first + 3 * units, rest, o)


@kernel
def lstm_gradient(gates, recurrent, dy, cells, extras, dproducts, masked, rounded, tiles, workspace, step, low, high):
    """dproducts (T, 4 · H), which may lie where the gates do, of dy (T, H), the last step first."""
    lstm_steps_back(gates, recurrent, dy, cells, extras, dproducts, masked, rounded, tiles, workspace, low, high)


def lstm_steps_back(gates, recurrent, dy, cells, extras, dproducts, masked, rounded, tiles, workspace, low, high):
    """The steps; with `rounded` 2, recurrent weights are words."""
    steps, count, blocks, units = dy.rows_per_sample, high - low, dy.blocks, dy.channels
    size, gates_size = dense_vectors(blocks, count), dense_vectors(gates.blocks, count)
    at_dcell, at_dhidden, at_cells, at_gates, at_mask, _ = lstm_gradient_space(count, blocks, gates.blocks)
    turned, dcell, dhidden = workspace, at(workspace, at_dcell), at(workspace, at_dhidden)
    cell, dense = at(workspace, at_cells), at(workspace, at_gates)  # the first of cell: before
    mask = at(workspace, at_mask)
    take_mask(extras, masked, blocks, low, count, mask)
    if rounded != 2:
        transpose_matrix(recurrent, blocks, gates.blocks, turned)
    weights = at(recurrent, 0) if rounded == 2 else turned
    clear_vectors(dcell, blocks * count)
    for first in range((steps - 1) // STEPS_TOGETHER * STEPS_TOGETHER, -1, -STEPS_TOGETHER):
        number = min(STEPS_TOGETHER, steps - first)
        if first + number < steps:  # the slopes of the step after
            copy_vectors(dense, at(dense, number * gates_size), gates.blocks * count)
        take_steps(gates, low, count, first, number, dense)
        take_steps(dy, low, count, first, number, dhidden)
        if first > 0:
            take_steps(cells, low, count, first - 1, number + 1, cell)
        else:
            start_state(extras, masked, 1, blocks, low, count, cell)
            take_steps(cells, low, count, 0, number, at(cell, size))
        for t in range(number - 1, -1, -1):
            now, upstream = at(dense, t * gates_size), at(dhidden, t * size)
            if first + t + 1 < steps:
                add_slopes(
                    tiles, at(now, gates_size), gates.blocks, count, weights, blocks, mask, masked, rounded, upstream
                )
            before = at(cell, t * size)
            for block in range(blocks):
                for row in range(count):
                    lstm_slopes(now, upstream, dcell, at(before, size), before, count, row, block, units)
        put_steps(dense, dproducts, low, count, first, number)


def lstm_slopes(gates, dhidden, dcell, cell, before, count, row, block, units):
    """The slopes of the sums of 16 units of a sample take the place of their gates; overwrites dcell."""
    first, rest, place = block * LANES, units - block * LANES, (block * count + row) * LANES
    i = load_channels(gates, count, row, first, rest)
    f = load_channels(gates, count, row, first + units, rest)
    g = load_channels(gates, count, row, first + 2 * units, rest)
    o = load_channels(gates, count, row, first + 3 * units, rest)
    one, squashed, upstream = constant(1), rational_tanh(load(cell, place)), load(dhidden, place)
    slope = load(dcell, place) + upstream * o * (one - squashed * squashed)
    store(dcell, place, slope * f)
    store_channels(gates, count, row, first, rest, slope * g * i * (one - i))
    store_channels(gates, count, row, first + units, rest, slope * load(before, place) * f * (one - f))
    store_channels(gates, count, row, first + 2 * units, rest, slope * i * (one - g * g))
    store_channels(gates, count, row, first + 3 * units, rest, upstream * squashed * o * (one - o))
