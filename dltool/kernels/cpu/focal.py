"""Focal cross-entropies of logits, and their gradients, which already are those of the batch's mean."""

from __future__ import annotations

import math

from numpy import float32, float64

from dltool.kernels.cpu.channels import clear_last_lanes, place
from dltool.kernels.cpu.cross_entropy import label_weight, softmax_rows
from dltool.kernels.cpu.elementary import sigmoid
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_lane, used_lanes
from dltool.kernels.cpu.operands import Integers
from dltool.kernels.cpu.pointers import at, bits_as_number
from dltool.kernels.cpu.vector import constant, load, select, splat, store
from dltool.kernels.records import LANES, SCALE

#: the smallest probability that a logarithm is taken of
LEAST = 1e-37


def focal_slope(p, rest, gamma):
    """The derivative of (1 - p)^gamma · l by l = -ln p, of p and the rest 1 - p."""
    loss = -math.log1p(-rest) if rest < 0.5 else -math.log(max(p, LEAST))
    ratio = loss / rest if rest > LEAST else 1.0
    return float32(math.pow(rest, gamma) * (1 + gamma * p * ratio))


@kernel
def focal(logits, labels: Integers, weights, row_loss, probabilities, gamma, step, low, high):
    """row_loss () = w · (1 - e^-l)^gamma · l, l = ln Σ eˣ - x of the label, and probabilities (C,); logits x (C,)."""
    for first in range(low, high, LANES):
        count = min(LANES, high - first)
        logarithms, largest = softmax_rows(logits, probabilities, first, count)
        for i in range(count):
            row, label = first + i, labels[first + i]
            own = logits[place(label, row, logits.rows)]
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
        here, p = place(label, row, probabilities.rows), at(probabilities, row)
        own, rest = probabilities[here], float32(0)
        for c in range(width):  # not 1 - p, which loses the digits of small rests
            if c != label:
                rest += p[place(c, 0, probabilities.rows)]
        factor = label_weight(weights, label) * focal_slope(own, rest, gamma) * scale
        for block in range((width + LANES - 1) // LANES):
            start = block * stride + row * LANES
            value = load(probabilities, start) * splat(factor)
            store(dlogits, start, select(used_lanes(block, width), value, constant(0)))
        dlogits[here] = -rest * factor


def positive_weight(weights, label, target):
    """1 + (w - 1) · target, with the weight w of a label, or 1 where none are given."""
    return float32(1) + (weights[0][label] - float32(1)) * target if len(weights) > 0 else float32(1)


@kernel
def binary_focal(logits, targets, weights, row_loss, probabilities, gamma, step, low, high):
    """row_loss () = mean of w · q^gamma · l, and p = sigmoid(x), of logits x and targets t (k,).

    l = -t ln p - (1 - t) ln(1 - p), and q = p + t - 2pt, which is 1 - the probability of a target 0 or 1.
    """
    stride, width = logits.rows * LANES, logits.channels
    for row in range(low, high):
        total = float32(0)
        for label in range(width):
            here = place(label, row, logits.rows)
            x, target = float64(logits[here]), float64(targets[here])
            power = math.exp(-abs(x))
            small, large = power / (1 + power), 1 / (1 + power)
            rest = (small if x < 0 else large) * (1 - target) + (large if x < 0 else small) * target
            loss = (0.0 if x < 0 else x) - x * target + math.log1p(power)
            total += positive_weight(weights, label, targets[here]) * float32(math.pow(rest, gamma) * loss)
        row_loss[row] = total / float32(width)
        for block in range(logits.blocks):
            start = block * stride + row * LANES
            store(probabilities, start, select(used_lanes(block, width), sigmoid(load(logits, start)), constant(0)))


@kernel
def binary_focal_gradient(probabilities, targets, weights, dlogits, gamma, step, low, high):
    """dx (k,) = w · q^gamma · (p - t + gamma · l / q · (1 - 2t) · p · (1 - p)) / k · scale; overwrites dx."""
    width = probabilities.channels
    scale = bits_as_number(step[SCALE]) / width
    for row in range(low, high):
        for label in range(width):
            here = place(label, row, probabilities.rows)
            p, target = float64(probabilities[here]), float64(targets[here])
            loss = -target * math.log(max(p, LEAST)) - (1 - target) * math.log(max(1 - p, LEAST))
            rest = p * (1 - target) + (1 - p) * target
            ratio = loss / rest if rest > LEAST else 1.0
            slope = p - target + gamma * ratio * (1 - 2 * target) * p * (1 - p)
            value = float32(math.pow(rest, gamma) * slope * scale)
            dlogits[here] = positive_weight(weights, label, targets[here]) * value
        clear_last_lanes(dlogits, width, row, dlogits.rows)
