"""Cross-entropy of samples that are mixed of two, and its gradient."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.cross_entropy import each_class_slopes, label_loss, label_weight, softmax_rows, spread_weight
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_lane, used_lanes
from dltool.kernels.cpu.operands import Integers
from dltool.kernels.cpu.pointers import at, bits_as_number
from dltool.kernels.cpu.vector import constant, load, select, splat, store
from dltool.kernels.records import LANES, SCALE


@kernel
def mixed_cross_entropy(
    logits, labels: Integers, others: Integers, share, weights, row_loss, probabilities, smoothing, each_class, step,
    low, high,
):  # fmt: skip
    """row_loss () = Σ share · that of `cross_entropy` over both labels, and probabilities (C,), of logits x (C,)."""
    stride, width = logits.rows * LANES, logits.channels
    smoothing = float32(smoothing)
    spread = spread_weight(weights, each_class, width, smoothing)
    for first in range(low, high, LANES):  # the logarithm takes the sums of 16 rows at once
        count = min(LANES, high - first)
        logarithms, largest = softmax_rows(logits, probabilities, first, count)
        for i in range(count):
            row = first + i
            logarithm, maximum, part = get_lane(logarithms, i), get_lane(largest, i), share[row * LANES]
            own = label_loss(
                weights, at(logits, row), labels[row], stride, width, smoothing, each_class, spread, logarithm, maximum
            )
            other = label_loss(
                weights, at(logits, row), others[row], stride, width, smoothing, each_class, spread, logarithm, maximum
            )
            row_loss[row] = part * own + (float32(1) - part) * other


@kernel
def mixed_cross_entropy_gradient(
    probabilities, labels: Integers, others: Integers, share, weights, dlogits, smoothing, each_class, step, low, high
):
    """dx (C,) = Σ share · that of `cross_entropy` over both labels, of probabilities p (C,); overwrites dx."""
    stride, width = probabilities.rows * LANES, probabilities.channels
    smoothing = float32(smoothing)
    scale = float32(bits_as_number(step[SCALE]))
    everywhere, spread = smoothing / float32(width), spread_weight(weights, each_class, width, smoothing)
    for row in range(low, high):
        part = share[row * LANES]
        own = part * label_weight(weights, labels[row])
        other = (float32(1) - part) * label_weight(weights, others[row])
        if each_class != 0:
            whole = (float32(1) - smoothing) * (own + other) + spread
            each_class_slopes(probabilities, weights[0], dlogits, row, stride, width, whole * scale, everywhere * scale)
        else:
            factor = splat((own + other) * scale)
            for block in range((width + LANES - 1) // LANES):
                start = block * stride + row * LANES
                value = (load(probabilities, start) - splat(everywhere)) * factor
                store(dlogits, start, select(used_lanes(block, width), value, constant(0)))
        sharp = (float32(1) - smoothing) * scale
        dlogits[place(labels[row], row, dlogits.rows)] -= sharp * own
        dlogits[place(others[row], row, dlogits.rows)] -= sharp * other
