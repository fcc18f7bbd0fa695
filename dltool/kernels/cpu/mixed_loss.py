"""Cross-entropy of samples that are mixed of two, and its gradient."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.arguments import at, bits_as_number, channels, floats, integers, number, operands, rows
from dltool.kernels.cpu.elementary import log
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_lane, set_lane
from dltool.kernels.cpu.losses import expected_logit, sample_weight
from dltool.kernels.cpu.softmax import softmax_row, used_lanes
from dltool.kernels.cpu.vector import constant, inlined, load, select, splat, store
from dltool.kernels.records import LANES, SCALE


@inlined
def weights_of(a, inputs, row):
    """What the losses with the label and with the other label weigh."""
    share = floats(a, 3)[row * LANES]
    own = share * sample_weight(a, 4, inputs, integers(a, 1)[row])
    return own, (float32(1) - share) * sample_weight(a, 4, inputs, integers(a, 2)[row])


@kernel
def mixed_cross_entropy(a, step, low, high):
    """row_loss () = Σ (ln Σ eˣ - Σ q · x) · weight over both labels, and probabilities (C,), of logits x (C,)."""
    inputs = operands(a) - 2
    x, labels, others, row_loss, p = (
        floats(a, 0), integers(a, 1), integers(a, 2), floats(a, inputs), floats(a, inputs + 1),
    )  # fmt: skip
    stride, width, smoothing = rows(a, 0) * LANES, channels(a, 0), float32(number(a, inputs + 2, 0))
    for first in range(low, high, LANES):  # the logarithm takes the sums of 16 rows at once
        count = min(LANES, high - first)
        sums, largest = constant(1), constant(0)
        for i in range(count):
            maximum, total = softmax_row(at(x, first + i), at(p, first + i), stride, width)
            sums, largest = set_lane(sums, i, total), set_lane(largest, i, maximum)
        logarithms = log(sums)
        for i in range(count):
            row = first + i
            own, other = weights_of(a, inputs, row)
            # the maximum comes off first: it is nearly all of a large logit, and rounds to what is lost
            one = get_lane(logarithms, i) + (
                get_lane(largest, i) - expected_logit(at(x, row), labels[row], stride, width, smoothing)
            )
            two = get_lane(logarithms, i) + (
                get_lane(largest, i) - expected_logit(at(x, row), others[row], stride, width, smoothing)
            )
            row_loss[row] = own * one + other * two


@kernel
def mixed_cross_entropy_gradient(a, step, low, high):
    """dx (C,) = Σ (p - q) · weight · scale over both labels, of probabilities p (C,); overwrites dx."""
    inputs = operands(a) - 1
    p, labels, others, dx = floats(a, 0), integers(a, 1), integers(a, 2), floats(a, inputs)
    stride, width, smoothing = rows(a, 0) * LANES, channels(a, 0), float32(number(a, inputs + 1, 0))
    scale = float32(bits_as_number(step[SCALE]))
    everywhere = splat(smoothing / float32(width))
    for row in range(low, high):
        own, other = weights_of(a, inputs, row)
        factor = splat((own + other) * scale)
        for block in range((width + LANES - 1) // LANES):
            place = block * stride + row * LANES
            value = (load(p, place) - everywhere) * factor
            store(dx, place, select(used_lanes(block, width), value, constant(0)))
        sharp = (float32(1) - smoothing) * scale
        dx[(labels[row] // LANES) * stride + row * LANES + labels[row] % LANES] -= sharp * own
        dx[(others[row] // LANES) * stride + row * LANES + others[row] % LANES] -= sharp * other
