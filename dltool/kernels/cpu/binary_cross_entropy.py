"""Binary cross-entropy of logits, sample by sample, and its gradient, which already is that of the batch's mean."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.elementary import exp, log
from dltool.kernels.cpu.elementary import sigmoid as sigmoid_of
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import sum_lanes, used_lanes
from dltool.kernels.cpu.loss import scaled
from dltool.kernels.cpu.vector import absolute, constant, load, select, store
from dltool.kernels.records import LANES


@kernel
def binary_cross_entropy(logits, targets, weights, row_loss, probabilities, step, low, high):
    """row_loss () = mean of max(x, 0) - x · t + r, r = ln(1 + exp(-|x|)), and p = sigmoid(x), logits x, targets t (k,).

    With weights w (k,) that mean is of (w - 1) · t · (max(-x, 0) + r) more.
    """
    stride, width = logits.rows * LANES, logits.channels
    for row in range(low, high):
        total = constant(0)
        for block in range(logits.blocks):
            place = block * stride + row * LANES
            value, target, used = load(logits, place), load(targets, place), used_lanes(block, width)
            positive = select(value < constant(0), constant(0), value)
            rest = log(constant(1) + exp(constant(0) - absolute(value)))
            loss = positive - value * target + rest
            if len(weights) > 0:
                excess = load(weights[0], block * LANES) - constant(1)
                loss = loss + excess * target * (positive - value + rest)
            total = total + select(used, loss, constant(0))
            store(probabilities, place, select(used, sigmoid_of(value), constant(0)))
        row_loss[row] = sum_lanes(total) / float32(width)


@kernel
def binary_cross_entropy_gradient(probabilities, targets, weights, dlogits, step, low, high):
    """dx (k,) = (p - t) / k · scale, with weights w (k,) of p - t + (w - 1) · t · (p - 1) instead; overwrites dx."""
    stride = probabilities.rows * LANES
    factor = scaled(step, probabilities.channels)
    for block in range(probabilities.blocks):
        excess = constant(0)
        if len(weights) > 0:
            excess = load(weights[0], block * LANES) - constant(1)
        for i in range(block * stride + low * LANES, block * stride + high * LANES, LANES):
            slope = load(probabilities, i) - load(targets, i)
            if len(weights) > 0:
                slope = slope + excess * load(targets, i) * (load(probabilities, i) - constant(1))
            store(dlogits, i, slope * factor)
