"""Cross-entropy of samples that are mixed of two, and its gradient."""

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
from dltool.kernels.cpu.cross_entropy import each_class_slopes, label_loss, label_weight, spread_weight
from dltool.kernels.cpu.elementary import log
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_lane, set_lane
from dltool.kernels.cpu.softmax import softmax_row, used_lanes
from dltool.kernels.cpu.vector import constant, load, select, splat, store
from dltool.kernels.records import LANES, SCALE


@kernel
def mixed_cross_entropy(a, step, low, high):
    """row_loss () = Σ share · that of `cross_entropy` over both labels, and probabilities (C,), of logits x (C,)."""
    inputs = operands(a) - 2
    x, labels, others, shares = floats(a, 0), integers(a, 1), integers(a, 2), floats(a, 3)
    row_loss, p = floats(a, inputs), floats(a, inputs + 1)
    stride, width = rows(a, 0) * LANES, channels(a, 0)
    smoothing, each_class = float32(number(a, inputs + 2, 0)), attribute(a, inputs + 2, 1)
    spread = spread_weight(a, 4, each_class, width, smoothing)
    for first in range(low, high, LANES):  # the logarithm takes the sums of 16 rows at once
        count = min(LANES, high - first)
        sums, largest = constant(1), constant(0)
        for i in range(count):
            maximum, total = softmax_row(at(x, first + i), at(p, first + i), stride, width)
            sums, largest = set_lane(sums, i, total), set_lane(largest, i, maximum)
        logarithms = log(sums)
        for i in range(count):
            row = first + i
            logarithm, maximum, share = get_lane(logarithms, i), get_lane(largest, i), shares[row * LANES]
            own = label_loss(
                a, 4, inputs, at(x, row), labels[row], stride, width, smoothing, each_class, spread, logarithm, maximum
            )
            other = label_loss(
                a, 4, inputs, at(x, row), others[row], stride, width, smoothing, each_class, spread, logarithm, maximum
            )
            row_loss[row] = share * own + (float32(1) - share) * other


@kernel
def mixed_cross_entropy_gradient(a, step, low, high):
    """dx (C,) = Σ share · that of `cross_entropy` over both labels, of probabilities p (C,); overwrites dx."""
    inputs = operands(a) - 1
    p, labels, others, shares, dx = floats(a, 0), integers(a, 1), integers(a, 2), floats(a, 3), floats(a, inputs)
    stride, width = rows(a, 0) * LANES, channels(a, 0)
    smoothing, each_class = float32(number(a, inputs + 1, 0)), attribute(a, inputs + 1, 1)
    scale = float32(bits_as_number(step[SCALE]))
    everywhere, spread = smoothing / float32(width), spread_weight(a, 4, each_class, width, smoothing)
    for row in range(low, high):
        share = shares[row * LANES]
        own = share * label_weight(a, 4, inputs, labels[row])
        other = (float32(1) - share) * label_weight(a, 4, inputs, others[row])
        if each_class != 0:
            whole = (float32(1) - smoothing) * (own + other) + spread
            each_class_slopes(p, floats(a, 4), dx, row, stride, width, whole * scale, everywhere * scale)
        else:
            factor = splat((own + other) * scale)
            for block in range((width + LANES - 1) // LANES):
                place = block * stride + row * LANES
                value = (load(p, place) - splat(everywhere)) * factor
                store(dx, place, select(used_lanes(block, width), value, constant(0)))
        sharp = (float32(1) - smoothing) * scale
        dx[(labels[row] // LANES) * stride + row * LANES + labels[row] % LANES] -= sharp * own
        dx[(others[row] // LANES) * stride + row * LANES + others[row] % LANES] -= sharp * other
