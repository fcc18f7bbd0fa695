"""Regression losses, sample by sample, with gradients that are those of the batch's mean; and this mean."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import first_lanes, sum_lanes
from dltool.kernels.cpu.pointers import bits_as_number
from dltool.kernels.cpu.sums import column_sums
from dltool.kernels.cpu.vector import absolute, constant, load, select, splat, store
from dltool.kernels.records import BATCH, LANES, SCALE, SLOT


def scaled(step, width):
    """The weight of one number of a sample in the batch's mean loss."""
    return splat(float32(bits_as_number(step[SCALE]) / width))


def row_means(x, t, row_loss, low, high, loss, delta):
    """row_loss () = mean of loss(e, delta) with e = prediction - target, both (k,), zero in the padding."""
    stride = x.rows * LANES
    for row in range(low, high):
        total = constant(0)
        for block in range(x.blocks):
            place = block * stride + row * LANES
            total = total + loss(load(x, place) - load(t, place), delta)
        row_loss[row] = sum_lanes(total) / float32(x.channels)


def error_gradients(x, t, dx, step, low, high, slope, delta):
    """dx (k,) = slope(e, delta) / k · scale with e = prediction - target, both (k,)."""
    stride = x.rows * LANES
    factor = scaled(step, x.channels)
    for block in range(x.blocks):
        for i in range(block * stride + low * LANES, block * stride + high * LANES, LANES):
            store(dx, i, slope(load(x, i) - load(t, i), delta) * factor)


def square(e, delta):
    """e²."""
    return e * e


def twice(e, delta):
    """2e."""
    return e + e


def size(e, delta):
    """|e|."""
    return absolute(e)


def sign(e, delta):
    """-1, 0 or 1; NaN for NaN."""
    return select(e > constant(0), constant(1), select(e < constant(0), constant(-1), e))


def bent_square(e, delta):
    """e²/2 where |e| ≤ delta, else delta · (|e| - delta/2)."""
    far = delta * (absolute(e) - constant(0.5) * delta)
    return select(absolute(e) > delta, far, constant(0.5) * e * e)


def limited(e, delta):
    """e, limited to ±delta."""
    e = select(e > delta, delta, e)
    return select(e < constant(0) - delta, constant(0) - delta, e)


@kernel
def mse(prediction, targets, row_loss, step, low, high):
    """row_loss () = mean of e²; overwrites row_loss."""
    row_means(prediction, targets, row_loss, low, high, square, constant(0))


@kernel
def mse_gradient(prediction, targets, dx, step, low, high):
    """dx (k,) = 2e / k · scale; overwrites dx."""
    error_gradients(prediction, targets, dx, step, low, high, twice, constant(0))


@kernel
def mae(prediction, targets, row_loss, step, low, high):
    """row_loss () = mean of |e|; overwrites row_loss."""
    row_means(prediction, targets, row_loss, low, high, size, constant(0))


@kernel
def mae_gradient(prediction, targets, dx, step, low, high):
    """dx (k,) = sign(e) / k · scale; overwrites dx."""
    error_gradients(prediction, targets, dx, step, low, high, sign, constant(0))


@kernel
def huber(prediction, targets, row_loss, delta, step, low, high):
    """row_loss () = mean of e²/2 where |e| ≤ delta, else delta · (|e| - delta/2); overwrites row_loss."""
    row_means(prediction, targets, row_loss, low, high, bent_square, constant(delta))


@kernel
def huber_gradient(prediction, targets, dx, delta, step, low, high):
    """dx (k,) = e, limited to ±delta, / k · scale; overwrites dx."""
    error_gradients(prediction, targets, dx, step, low, high, limited, constant(delta))


def weighted_sum(row_loss, weights, count):
    """Σ row_loss () · weight (1,), sample by sample."""
    total = float32(0)
    for row in range(count):
        total += row_loss[row] * weights[row * LANES]
    return total


@kernel
def mean_loss(row_loss, weights, loss, step, low, high):
    """loss () = Σ row_loss () · scale, written to the step's slot; the order of the sum is fixed.

    With weights (1,) it is that of row_loss · weight.
    """
    count = step[BATCH]
    if len(weights) > 0:
        loss[step[SLOT]] = weighted_sum(row_loss, weights[0], count) * float32(bits_as_number(step[SCALE]))
        return
    whole = count // LANES
    total = column_sums(row_loss, whole)
    if count % LANES:
        total = total + select(first_lanes(count % LANES), load(row_loss, whole * LANES), constant(0))
    loss[step[SLOT]] = sum_lanes(total) * float32(bits_as_number(step[SCALE]))
