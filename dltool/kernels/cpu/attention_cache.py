"""Attention of one step to those before, whose keys and values are remembered: one number after the other."""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.bfloat16 import rounded as as_bfloat16
from dltool.kernels.cpu.channels import clear_last_lanes, place
from dltool.kernels.cpu.elementary import exp
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_lane
from dltool.kernels.cpu.vector import load, splat, store
from dltool.kernels.records import LANES, POSITION


@kernel
def cached_attention(qkv, keys, values, y, heads, groups, scale, context, rounded, workspace, step, low, high):
    """y (1, heads · D) of qkv (1, (heads + 2 · groups) · D); overwrites y and a row of keys and values."""
    row, width = min(step[POSITION], context - 1), keys.channels // groups
    for sample in range(low, high):
        begin = sample * context
        for c in range(groups * width):
            keys[place(c, begin + row, keys.rows)] = qkv[place(heads * width + c, sample, qkv.rows)]
            values[place(c, begin + row, values.rows)] = qkv[place((heads + groups) * width + c, sample, qkv.rows)]
        for head in range(heads):
            first = head // (heads // groups) * width
            weigh_keys(qkv, keys, workspace, sample, begin, head * width, first, width, row + 1, float32(scale))
            if rounded != 0:
                for vector in range(0, row + 1, LANES):
                    store(workspace, vector, as_bfloat16(load(workspace, vector)))
            for c in range(width):
                total = float32(0)
                for j in range(row + 1):
                    total += workspace[j] * values[place(first + c, begin + j, values.rows)]
                y[place(head * width + c, sample, y.rows)] = total
        clear_last_lanes(y, y.channels, sample, y.rows)


def weigh_keys(qkv, keys, weights, sample, begin, query, first, width, seen, scale):
    """The weights of `seen` keys from row `begin` on, for the query of a sample that begins at a channel."""
    largest, total = float32(-inf), float32(0)
    for j in range(seen):
        score = float32(0)
        for c in range(width):
            score += qkv[place(query + c, sample, qkv.rows)] * keys[place(first + c, begin + j, keys.rows)]
        weights[j] = score * scale
        largest = weights[j] if weights[j] > largest else largest
    for j in range(seen):
        weights[j] = get_lane(exp(splat(weights[j] - largest)), 0)
        total += weights[j]
    for j in range(seen):
        weights[j] /= total
