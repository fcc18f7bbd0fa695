"""The pinball loss, sample by sample, and its gradient, which already is that of the batch's mean."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import sum_lanes
from dltool.kernels.cpu.loss import scaled
from dltool.kernels.cpu.vector import constant, load, select, store
from dltool.kernels.records import LANES


@kernel
def pinball(prediction, targets, levels, row_loss, step, low, high):
    """row_loss () = mean of max(q · e, (q - 1) · e), e = t - x, for x, t and q (k,), zero in the padding."""
    stride = prediction.rows * LANES
    for row in range(low, high):
        total = constant(0)
        for block in range(prediction.blocks):
            place = block * stride + row * LANES
            level = load(levels, block * LANES)
            error = load(targets, place) - load(prediction, place)
            total = total + error * select(error < constant(0), level - constant(1), level)
        row_loss[row] = sum_lanes(total) / float32(prediction.channels)


@kernel
def pinball_gradient(prediction, targets, levels, dx, step, low, high):
    """dx (k,) = -q where x < t, 1 - q where x > t, 0 where they are equal, / k · scale; overwrites dx."""
    stride = prediction.rows * LANES
    factor = scaled(step, prediction.channels)
    for block in range(prediction.blocks):
        level = load(levels, block * LANES)
        for i in range(block * stride + low * LANES, block * stride + high * LANES, LANES):
            error = load(targets, i) - load(prediction, i)
            above = select(error < constant(0), constant(1) - level, error)
            store(dx, i, select(error > constant(0), constant(0) - level, above) * factor)
