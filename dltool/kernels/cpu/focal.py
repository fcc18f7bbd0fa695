"""Focal cross-entropy of logits and class labels, and its gradient, which already is that of the batch's mean."""

from __future__ import annotations

import math

from numpy import float32

from dltool.kernels.cpu.cross_entropy import label_weight, softmax_rows
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_lane
from dltool.kernels.cpu.operands import Integers
from dltool.kernels.cpu.pointers import bits_as_number
from dltool.kernels.cpu.softmax import used_lanes
from dltool.kernels.cpu.vector import constant, inlined, load, select, splat, store
from dltool.kernels.records import LANES, SCALE

#: the smallest probability that a logarithm is taken of
LEAST = 1e-37


@inlined
def focal_slope(p, rest, gamma):
    """The derivative of (1 - p)^gamma · l by l = -ln p, of p and the rest 1 - p."""
    loss = -math.log1p(-rest) if rest < 0.5 else -math.log(max(p, LEAST))
    ratio = loss / rest if rest > LEAST else 1.0
    return float32(math.pow(rest, gamma) * (1 + gamma * p * ratio))


@kernel
def focal(logits, labels: Integers, weights, row_loss, probabilities, gamma, step, low, high):
    """row_loss () = w · (1 - e^-l)^gamma · l, l = ln Σ eˣ - x of the label, and probabilities (C,); logits x (C,)."""
    stride = logits.rows * LANES
    for first in range(low, high, LANES):
        count = min(LANES, high - first)
        logarithms, largest = softmax_rows(logits, probabilities, first, count)
        for i in range(count):
            row, label = first + i, labels[first + i]
            own = logits[(label // LANES) * stride + row * LANES + label % LANES]
            loss = get_lane(logarithms, i) + (get_lane(largest, i) - own)
            focus = math.pow(-math.expm1(-loss), gamma)
            row_loss[row] = label_weight(weights, label) * float32(focus * loss)


@kernel
def focal_gradient(probabilities, labels: Integers, weights, dlogits, gamma, step, low, high):
    """dx (C,) = w · slope · (p - one-hot) · scale, of probabilities p (C,) and labels (); overwrites dx."""
    stride, width = probabilities.rows * LANES, probabilities.channels
    scale = float32(bits_as_number(step[SCALE]))
    for row in range(low, high):
        label = labels[row]
        place = (label // LANES) * stride + row * LANES + label % LANES
        own, rest = probabilities[place], float32(0)
        for c in range(width):  # not 1 - p, which loses the digits of small rests
            if c != label:
                rest += probabilities[(c // LANES) * stride + row * LANES + c % LANES]
        factor = label_weight(weights, label) * focal_slope(own, rest, gamma) * scale
        for block in range((width + LANES - 1) // LANES):
            start = block * stride + row * LANES
            value = load(probabilities, start) * splat(factor)
            store(dlogits, start, select(used_lanes(block, width), value, constant(0)))
        dlogits[place] = -rest * factor
