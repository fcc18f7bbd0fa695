"""Cross-entropy at every position of a sequence; rows are positions."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.cross_entropy import expected_logit
from dltool.kernels.cpu.elementary import log
from dltool.kernels.cpu.embedding import code_at
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_lane, set_lane, used_lanes
from dltool.kernels.cpu.operands import Codes
from dltool.kernels.cpu.pointers import at, bits_as_number
from dltool.kernels.cpu.softmax import softmax_row
from dltool.kernels.cpu.vector import constant, load, select, splat, store
from dltool.kernels.records import LANES, SCALE


@kernel
def token_cross_entropy(logits, labels: Codes, row_loss, probabilities, scores, smoothing, step, low, high):
    """row_loss (), probabilities (T, C) and scores (3,) of logits (T, C), which may lie in the same place."""
    stride, width, steps = logits.rows * LANES, logits.channels, logits.rows_per_sample
    smoothing = float32(smoothing)
    for sample in range(low, high):
        loss, plain, counted, hits = float32(0), float32(0), 0, 0
        for first in range(0, steps, LANES):  # the logarithm takes the sums of 16 rows at once
            count = min(LANES, steps - first)
            sums, largest, own, expected = constant(1), constant(0), constant(0), constant(0)
            for i in range(count):
                row = sample * steps + first + i
                x, label = at(logits, row), code_at(labels, row)
                if 0 <= label < width:  # read before the probabilities take the place of the logits
                    own = set_lane(own, i, x[(label // LANES) * stride + label % LANES])
                    expected = set_lane(expected, i, expected_logit(x, label, stride, width, smoothing))
                maximum, total = softmax_row(x, at(probabilities, row), stride, width)
                sums, largest = set_lane(sums, i, total), set_lane(largest, i, maximum)
            logarithms = log(sums)
            losses, plains = logarithms + (largest - expected), logarithms + (largest - own)
            for i in range(count):
                if 0 <= code_at(labels, sample * steps + first + i) < width:
                    loss, plain = loss + get_lane(losses, i), plain + get_lane(plains, i)
                    counted += 1
                    hits += get_lane(own, i) >= get_lane(largest, i)
        row_loss[sample] = loss
        result = set_lane(set_lane(constant(0), 0, plain), 1, float32(counted))
        store(scores, sample * LANES, set_lane(result, 2, float32(hits)))


@kernel
def token_cross_entropy_gradient(probabilities, labels: Codes, dlogits, smoothing, step, low, high):
    """dlogits (T, C) = (p − q) · scale where a position counts, else 0; overwrites dlogits."""
    stride, width, steps = probabilities.rows * LANES, probabilities.channels, probabilities.rows_per_sample
    smoothing, scale = float32(smoothing), float32(bits_as_number(step[SCALE]))
    everywhere = splat(smoothing / float32(width))
    for row in range(low * steps, high * steps):
        label = code_at(labels, row)
        counts = 0 <= label < width
        for block in range(probabilities.blocks):
            start = block * stride + row * LANES
            slope = (load(probabilities, start) - everywhere) * splat(scale)
            store(dlogits, start, select(used_lanes(block, width), slope, constant(0)) if counts else constant(0))
        if counts:
            dlogits[place(label, row, dlogits.rows)] -= (float32(1) - smoothing) * scale
