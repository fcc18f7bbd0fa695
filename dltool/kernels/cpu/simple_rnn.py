"""The simple recurrent network; all samples of a thread take each step together."""

from __future__ import annotations

from dltool.kernels.cpu.elementary import tanh
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
from dltool.kernels.cpu.vector import constant, copy_vectors, load, select, store
from dltool.kernels.cpu.workspace import STEPS_TOGETHER, dense_vectors, simple_rnn_gradient_space, simple_rnn_space
from dltool.kernels.records import LANES


@kernel
def simple_rnn(products, recurrent, extras, y, relu, masked, rounded, tiles, workspace, step, low, high):
    """y (T, H) = tanh or the positive part of products (T, H) + y₋₁ · recurrent; y may lie where the products do."""
    simple_rnn_steps(products, recurrent, extras, y, relu, masked, rounded, tiles, workspace, low, high)


def simple_rnn_steps(products, recurrent, extras, y, relu, masked, rounded, tiles, workspace, low, high):
    """The steps; with `rounded` 2, recurrent weights are words."""
    steps, count, blocks = y.rows_per_sample, high - low, y.blocks
    at_mask, _ = simple_rnn_space(count, blocks)
    size, hidden, mask = dense_vectors(blocks, count), workspace, at(workspace, at_mask)  # the first of hidden: before
    take_mask(extras, masked, blocks, low, count, mask)
    start_state(extras, masked, 0, blocks, low, count, hidden)
    for first in range(0, steps, STEPS_TOGETHER):
        number = min(STEPS_TOGETHER, steps - first)
        take_steps(products, low, count, first, number, at(hidden, size))
        for t in range(number):
            before, now = at(hidden, t * size), at(hidden, (t + 1) * size)
            add_seen(tiles, before, mask, masked, rounded, blocks, count, recurrent, blocks, now)
            for vector in range(blocks * count):
                x = load(now, vector * LANES)
                positive = select(x < constant(0), constant(0), x)
                store(now, vector * LANES, positive if relu != 0 else tanh(x))
        put_steps(at(hidden, size), y, low, count, first, number)
        copy_vectors(at(hidden, number * size), hidden, blocks * count)


@kernel
def simple_rnn_gradient(dy, recurrent, y, extras, dproducts, relu, masked, rounded, tiles, workspace, step, low, high):
    """dproducts (T, H), which may lie where dy does, the last step first."""
    simple_rnn_steps_back(dy, recurrent, y, extras, dproducts, relu, masked, rounded, tiles, workspace, low, high)


def simple_rnn_steps_back(dy, recurrent, y, extras, dproducts, relu, masked, rounded, tiles, workspace, low, high):
    """The steps; with `rounded` 2, recurrent weights are words."""
    steps, count, blocks = dy.rows_per_sample, high - low, dy.blocks
    at_slopes, at_hidden, at_mask, _ = simple_rnn_gradient_space(count, blocks)
    size, turned = dense_vectors(blocks, count), workspace
    slopes, hidden, mask = at(workspace, at_slopes), at(workspace, at_hidden), at(workspace, at_mask)
    take_mask(extras, masked, blocks, low, count, mask)
    if rounded != 2:
        transpose_matrix(recurrent, blocks, blocks, turned)
    weights = at(recurrent, 0) if rounded == 2 else turned
    for first in range((steps - 1) // STEPS_TOGETHER * STEPS_TOGETHER, -1, -STEPS_TOGETHER):
        number = min(STEPS_TOGETHER, steps - first)
        if first + number < steps:  # the slopes of the step after
            copy_vectors(slopes, at(slopes, number * size), blocks * count)
        take_steps(dy, low, count, first, number, slopes)
        take_steps(y, low, count, first, number, hidden)
        for t in range(number - 1, -1, -1):
            now = at(slopes, t * size)
            if first + t + 1 < steps:
                add_slopes(tiles, at(now, size), blocks, count, weights, blocks, mask, masked, rounded, now)
            for vector in range(blocks * count):
                x = load(hidden, t * size * LANES + vector * LANES)
                slope = constant(1) - x * x
                if relu != 0:
                    slope = select(x > constant(0), constant(1), x - x)  # NaN stays
                store(now, vector * LANES, load(now, vector * LANES) * slope)
        put_steps(slopes, dproducts, low, count, first, number)
