"""Cross-entropy of logits and class labels, and its gradient, which already is that of the batch's mean."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.elementary import log
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_lane, set_lane, sum_lanes, used_lanes
from dltool.kernels.cpu.operands import Integers
from dltool.kernels.cpu.pointers import at, bits_as_number
from dltool.kernels.cpu.softmax import softmax_16_rows, softmax_row
from dltool.kernels.cpu.vector import constant, load, select, splat, store
from dltool.kernels.records import LANES, SCALE


def label_weight(weights, label):
    """The weight of a label, where there are such of the classes; else 1."""
    return weights[0][label] if len(weights) > 0 else float32(1)


def expected_logit(x, label, stride, width, smoothing):
    """Σ q · x of one row, q being 1 - smoothing at the label plus smoothing / C everywhere."""
    expected = x[(label // LANES) * stride + label % LANES]
    if smoothing != 0:
        total = constant(0)
        for block in range((width + LANES - 1) // LANES):
            total = total + select(used_lanes(block, width), load(x, block * stride), constant(0))
        expected = (float32(1) - smoothing) * expected + smoothing / float32(width) * sum_lanes(total)
    return expected


def spread_weight(weights, each_class, width, smoothing):
    """smoothing / C · Σ w over the classes, where each has its own weight: what they add to Σ q · w of any label."""
    total = float32(0)
    if each_class != 0:
        for c in range(width):
            total += weights[0][c]
    return smoothing / float32(width) * total


def each_class_loss(x, w, label, stride, width, smoothing, spread, logarithm, maximum):
    """Σ q · w · (ln Σ eˣ - x) over the classes, each with its own weight; ln Σ eˣ is the logarithm and the maximum."""
    total = constant(0)
    for block in range((width + LANES - 1) // LANES):
        below = load(w, block * LANES) * (splat(maximum) - load(x, block * stride))
        total = total + select(used_lanes(block, width), below, constant(0))
    sharp = (float32(1) - smoothing) * w[label]
    own = maximum - x[(label // LANES) * stride + label % LANES]
    return (sharp + spread) * logarithm + sharp * own + smoothing / float32(width) * sum_lanes(total)


def label_loss(weights, x, label, stride, width, smoothing, each_class, spread, logarithm, maximum):
    """The loss of one row with a label, from logits x."""
    if each_class != 0:
        return each_class_loss(x, weights[0], label, stride, width, smoothing, spread, logarithm, maximum)
    # the maximum comes off first: it is nearly all of a large logit, and rounds to what is lost
    loss = logarithm + (maximum - expected_logit(x, label, stride, width, smoothing))
    return loss * label_weight(weights, label)


def softmax_rows(logits, probabilities, first, count):
    """Write the probabilities of up to 16 rows; in a lane for each row, ln Σ eˣ⁻ᵐ and the maximum m."""
    x, p = at(logits, first), at(probabilities, first)
    if count == LANES and logits.blocks == 1:
        largest, sums = softmax_16_rows(x, p, logits.channels)
    else:
        sums, largest = constant(1), constant(0)
        for i in range(count):
            maximum, total = softmax_row(at(x, i), at(p, i), logits.rows * LANES, logits.channels)
            sums, largest = set_lane(sums, i, total), set_lane(largest, i, maximum)
    return log(sums), largest


@kernel
def cross_entropy(logits, labels: Integers, weights, row_loss, probabilities, smoothing, each_class, step, low, high):
    """row_loss () = Σ q · w · (ln Σ eˣ - x) and probabilities (C,), of logits x (C,) and labels ()."""
    stride, width = logits.rows * LANES, logits.channels
    smoothing = float32(smoothing)
    spread = spread_weight(weights, each_class, width, smoothing)
    for first in range(low, high, LANES):  # the logarithm takes the sums of 16 rows at once
        count = min(LANES, high - first)
        logarithms, largest = softmax_rows(logits, probabilities, first, count)
        for i in range(count):
            row = first + i
            row_loss[row] = label_loss(
                weights, at(logits, row), labels[row], stride, width, smoothing, each_class, spread,
                get_lane(logarithms, i), get_lane(largest, i),
            )  # fmt: skip


@kernel
def cross_entropy_gradient(probabilities, labels: Integers, weights, dlogits, smoothing, each_class, step, low, high):
    """dx (C,) = (p · Σ q · w - q · w) · scale, of probabilities p (C,) and labels (); overwrites dx."""
    stride, width = probabilities.rows * LANES, probabilities.channels
    smoothing = float32(smoothing)
    scale = float32(bits_as_number(step[SCALE]))
    everywhere, spread = smoothing / float32(width), spread_weight(weights, each_class, width, smoothing)
    for row in range(low, high):
        label = labels[row]
        factor = label_weight(weights, label) * scale
        if each_class != 0:
            whole = (float32(1) - smoothing) * factor + spread * scale
            each_class_slopes(probabilities, weights[0], dlogits, row, stride, width, whole, everywhere * scale)
        else:
            for block in range((width + LANES - 1) // LANES):
                start = block * stride + row * LANES
                value = (load(probabilities, start) - splat(everywhere)) * splat(factor)
                store(dlogits, start, select(used_lanes(block, width), value, constant(0)))
        dlogits[place(label, row, dlogits.rows)] -= (float32(1) - smoothing) * factor


def each_class_slopes(p, w, dx, row, stride, width, whole, everywhere):
    """dx (C,) = p · whole - w · everywhere, of one row."""
    for block in range((width + LANES - 1) // LANES):
        place = block * stride + row * LANES
        value = load(p, place) * splat(whole) - load(w, block * LANES) * splat(everywhere)
        store(dx, place, select(used_lanes(block, width), value, constant(0)))
