"""Cross-entropy of logits and class labels, and its gradient, which already is that of the batch's mean."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.arguments import (
    at,
    attribute,
    bits_as_number,
    channels,
    floats,
    integers,
    number,
    operands,
    rows,
)
from dltool.kernels.cpu.elementary import log
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_lane, set_lane, sum_lanes
from dltool.kernels.cpu.softmax import softmax_row, used_lanes
from dltool.kernels.cpu.vector import constant, inlined, load, select, splat, store
from dltool.kernels.records import LANES, SCALE


@inlined
def label_weight(a, place, inputs, label):
    """The weight of a label, where the operand at `place` holds those of the classes; else 1."""
    return floats(a, place)[label] if inputs > place else float32(1)


@inlined
def expected_logit(x, label, stride, width, smoothing):
    """Σ q · x of one row, q being 1 - smoothing at the label plus smoothing / C everywhere."""
    expected = x[(label // LANES) * stride + label % LANES]
    if smoothing != 0:
        total = constant(0)
        for block in range((width + LANES - 1) // LANES):
            total = total + select(used_lanes(block, width), load(x, block * stride), constant(0))
        expected = (float32(1) - smoothing) * expected + smoothing / float32(width) * sum_lanes(total)
    return expected


@inlined
def spread_weight(a, place, each_class, width, smoothing):
    """smoothing / C · Σ w over the classes, where each has its own weight: what they add to Σ q · w of any label."""
    total = float32(0)
    if each_class != 0:
        for c in range(width):
            total += floats(a, place)[c]
    return smoothing / float32(width) * total


@inlined
def each_class_loss(x, w, label, stride, width, smoothing, spread, logarithm, maximum):
    """Σ q · w · (ln Σ eˣ - x) over the classes, each with its own weight; ln Σ eˣ is the logarithm and the maximum."""
    total = constant(0)
    for block in range((width + LANES - 1) // LANES):
        below = load(w, block * LANES) * (splat(maximum) - load(x, block * stride))
        total = total + select(used_lanes(block, width), below, constant(0))
    sharp = (float32(1) - smoothing) * w[label]
    own = maximum - x[(label // LANES) * stride + label % LANES]
    return (sharp + spread) * logarithm + sharp * own + smoothing / float32(width) * sum_lanes(total)


@inlined
def label_loss(a, place, inputs, x, label, stride, width, smoothing, each_class, spread, logarithm, maximum):
    """The loss of one row with a label, from logits x; the classes' weights are at `place`, if there are any."""
    if each_class != 0:
        return each_class_loss(x, floats(a, place), label, stride, width, smoothing, spread, logarithm, maximum)
    # the maximum comes off first: it is nearly all of a large logit, and rounds to what is lost
    loss = logarithm + (maximum - expected_logit(x, label, stride, width, smoothing))
    return loss * label_weight(a, place, inputs, label)


@kernel
def cross_entropy(a, step, low, high):
    """row_loss () = Σ q · w · (ln Σ eˣ - x) and probabilities (C,), of logits x (C,) and labels ()."""
    inputs = operands(a) - 2
    x, labels, row_loss, p = floats(a, 0), integers(a, 1), floats(a, inputs), floats(a, inputs + 1)
    stride, width = rows(a, 0) * LANES, channels(a, 0)
    smoothing, each_class = float32(number(a, inputs + 2, 0)), attribute(a, inputs + 2, 1)
    spread = spread_weight(a, 2, each_class, width, smoothing)
    for first in range(low, high, LANES):  # the logarithm takes the sums of 16 rows at once
        count = min(LANES, high - first)
        sums, largest = constant(1), constant(0)
        for i in range(count):
            maximum, total = softmax_row(at(x, first + i), at(p, first + i), stride, width)
            sums, largest = set_lane(sums, i, total), set_lane(largest, i, maximum)
        logarithms = log(sums)
        for i in range(count):
            row = first + i
            row_loss[row] = label_loss(
                a, 2, inputs, at(x, row), labels[row], stride, width, smoothing, each_class, spread,
                get_lane(logarithms, i), get_lane(largest, i),
            )  # fmt: skip


@kernel
def cross_entropy_gradient(a, step, low, high):
    """dx (C,) = (p · Σ q · w - q · w) · scale, of probabilities p (C,) and labels (); overwrites dx."""
    inputs = operands(a) - 1
    p, labels, dx = floats(a, 0), integers(a, 1), floats(a, inputs)
    stride, width = rows(a, 0) * LANES, channels(a, 0)
    smoothing, each_class = float32(number(a, inputs + 1, 0)), attribute(a, inputs + 1, 1)
    scale = float32(bits_as_number(step[SCALE]))
    everywhere, spread = smoothing / float32(width), spread_weight(a, 2, each_class, width, smoothing)
    for row in range(low, high):
        label = labels[row]
        factor = label_weight(a, 2, inputs, label) * scale
        if each_class != 0:
            whole = (float32(1) - smoothing) * factor + spread * scale
            each_class_slopes(p, floats(a, 2), dx, row, stride, width, whole, everywhere * scale)
        else:
            for block in range((width + LANES - 1) // LANES):
                place = block * stride + row * LANES
                value = (load(p, place) - splat(everywhere)) * splat(factor)
                store(dx, place, select(used_lanes(block, width), value, constant(0)))
        dx[(label // LANES) * stride + row * LANES + label % LANES] -= (float32(1) - smoothing) * factor


@inlined
def each_class_slopes(p, w, dx, row, stride, width, whole, everywhere):
    """dx (C,) = p · whole - w · everywhere, of one row."""
    for block in range((width + LANES - 1) // LANES):
        place = block * stride + row * LANES
        value = load(p, place) * splat(whole) - load(w, block * LANES) * splat(everywhere)
        store(dx, place, select(used_lanes(block, width), value, constant(0)))
