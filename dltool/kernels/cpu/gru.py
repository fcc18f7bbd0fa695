"""Gated recurrent units; all samples of a thread take each step together."""

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
from dltool.kernels.cpu.workspace import STEPS_TOGETHER, dense_vectors, gru_gradient_space, gru_space
from dltool.kernels.records import LANES


@kernel
def gru(products, recurrent, bias, extras, y, gates, candidates, masked, rounded, tiles, workspace, step, low, high):
    """y (T, H), gates (T, 3 · H) and candidates (T, H) of products (T, 3 · H), which may lie where the gates do."""
    gru_steps(products, recurrent, bias, extras, y, gates, candidates, masked, rounded, tiles, workspace, low, high)


def gru_steps(products, recurrent, bias, extras, y, gates, candidates, masked, rounded, tiles, workspace, low, high):
    """The steps; with `rounded` 2, recurrent weights are words."""
    steps, count, blocks, units = y.rows_per_sample, high - low, y.blocks, y.channels
    size, gates_size = dense_vectors(blocks, count), dense_vectors(gates.blocks, count)
    at_candidates, at_gates, at_sums, at_mask, _ = gru_space(count, blocks, gates.blocks)
    hidden, candidate = workspace, at(workspace, at_candidates)  # the first of hidden: before
    dense, sums, mask = at(workspace, at_gates), at(workspace, at_sums), at(workspace, at_mask)
    take_mask(extras, masked, blocks, low, count, mask)
    start_state(extras, masked, 0, blocks, low, count, hidden)
    for first in range(0, steps, STEPS_TOGETHER):
        number = min(STEPS_TOGETHER, steps - first)
        take_steps(products, low, count, first, number, dense)
        for t in range(number):
            for block in range(gates.blocks):
                for row in range(count):
                    store(sums, (block * count + row) * LANES, load(bias, block * LANES))
            before, now, kept = at(hidden, t * size), at(dense, t * gates_size), at(candidate, t * size)
            add_seen(tiles, before, mask, masked, rounded, blocks, count, recurrent, gates.blocks, sums)
            for block in range(blocks):
                for row in range(count):
                    gru_units(now, sums, kept, before, at(before, size), count, row, block, units)
        put_steps(dense, gates, low, count, first, number)
        put_steps(candidate, candidates, low, count, first, number)
        put_steps(at(hidden, size), y, low, count, first, number)
        copy_vectors(at(hidden, number * size), hidden, blocks * count)


def gru_units(gates, sums, candidate, before, hidden, count, row, block, units):
    """One step of 16 units of a sample: makes gates of products and sums, and from these a new hidden state."""
    first, rest, place = block * LANES, units - block * LANES, (block * count + row) * LANES
    sum_r, sum_z = load_channels(sums, count, row, first, rest), load_channels(sums, count, row, first + units, rest)
    sum_n = load_channels(sums, count, row, first + 2 * units, rest)
    r = rational_sigmoid(load_channels(gates, count, row, first, rest) + sum_r)
    z = rational_sigmoid(load_channels(gates, count, row, first + units, rest) + sum_z)
    n = rational_tanh(load_channels(gates, count, row, first + 2 * units, rest) + r * sum_n)
    store(candidate, place, sum_n)
    store(hidden, place, n + z * (load(before, place) - n))
    store_channels(gates, count, row, first, rest, r)
    store_channels(gates, count, row, first + units, rest, z)
    store_channels(gates, count, row, first + 2 * units, rest, n)


@kernel
def gru_gradient(
    gates, recurrent, dy, candidates, y, extras, dproducts, dsums, masked, rounded, tiles, workspace, step, low, high
):
    """dproducts (T, 3 · H), which may lie where the gates do, and dsums (T, 3 · H), the last step first."""
    gru_steps_back(
        gates, recurrent, dy, candidates, y, extras, dproducts, dsums, masked, rounded, tiles, workspace, low, high
    )


def gru_steps_back(
    gates, recurrent, dy, candidates, y, extras, dproducts, dsums, masked, rounded, tiles, workspace, low, high
):
    """The steps; with `rounded` 2, recurrent weights are words."""
    steps, count, blocks, units = dy.rows_per_sample, high - low, dy.blocks, dy.channels
    size, gates_size = dense_vectors(blocks, count), dense_vectors(gates.blocks, count)
    at_kept, at_dhidden, at_candidates, at_hidden, at_gates, at_sums, at_mask, _ = gru_gradient_space(
        count, blocks, gates.blocks
    )
    turned, kept, dhidden = workspace, at(workspace, at_kept), at(workspace, at_dhidden)
    candidate, hidden = at(workspace, at_candidates), at(workspace, at_hidden)
    dense, sums, mask = at(workspace, at_gates), at(workspace, at_sums), at(workspace, at_mask)
    take_mask(extras, masked, blocks, low, count, mask)
    if rounded != 2:
        transpose_matrix(recurrent, blocks, gates.blocks, turned)
    weights = at(recurrent, 0) if rounded == 2 else turned
    clear_vectors(kept, blocks * count)
    for block in range(STEPS_TOGETHER + 1):
        clear_vectors(at(sums, block * gates_size), gates.blocks * count)
    for first in range((steps - 1) // STEPS_TOGETHER * STEPS_TOGETHER, -1, -STEPS_TOGETHER):
        number = min(STEPS_TOGETHER, steps - first)
        copy_vectors(sums, at(sums, number * gates_size), gates.blocks * count)  # of the step after
        take_steps(gates, low, count, first, number, dense)
        take_steps(dy, low, count, first, number, dhidden)
        take_steps(candidates, low, count, first, number, candidate)
        if first > 0:
            take_steps(y, low, count, first - 1, number, hidden)
        else:
            start_state(extras, masked, 0, blocks, low, count, hidden)
            take_steps(y, low, count, 0, number - 1, at(hidden, size))
        for t in range(number - 1, -1, -1):
            now, upstream, slopes = at(dense, t * gates_size), at(dhidden, t * size), at(sums, t * gates_size)
            if first + t + 1 < steps:
                add_slopes(
                    tiles, at(slopes, gates_size), gates.blocks, count, weights, blocks, mask, masked, rounded, upstream
                )
            for block in range(blocks):
                for row in range(count):
                    gru_slopes(
                        now, slopes, upstream, kept, at(candidate, t * size), at(hidden, t * size), count, row, block,
                        units,
                    )  # fmt: skip
        put_steps(dense, dproducts, low, count, first, number)
        put_steps(sums, dsums, low, count, first, number)


def gru_slopes(gates, sums, dhidden, kept, candidate, before, count, row, block, units):
    """Slopes of the products of 16 units of a sample take the place of their gates; overwrites kept and sums."""
    first, rest, place = block * LANES, units - block * LANES, (block * count + row) * LANES
    r, z = load_channels(gates, count, row, first, rest), load_channels(gates, count, row, first + units, rest)
    n, one = load_channels(gates, count, row, first + 2 * units, rest), constant(1)
    slope = load(dhidden, place) + load(kept, place)
    store(kept, place, slope * z)
    dn = slope * (one - z) * (one - n * n)
    dr = dn * load(candidate, place) * r * (one - r)
    dz = slope * (load(before, place) - n) * z * (one - z)
    for target in (gates, sums):
        store_channels(target, count, row, first, rest, dr)
        store_channels(target, count, row, first + units, rest, dz)
    store_channels(gates, count, row, first + 2 * units, rest, dn)
    store_channels(sums, count, row, first + 2 * units, rest, dn * r)
