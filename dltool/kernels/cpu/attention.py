"""Attention in tiles: some queries against some keys at a time, with a softmax that is corrected as it goes on.

Queries, keys and values of one head are copied to the workspace, (D/16, steps, 16) with whole blocks of steps, where
what is padding is zero. Keys are transposed there into panels, one for 16 keys, as the register tile wants them.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.attention_dropout import draw_tile, multiply_tile
from dltool.kernels.cpu.attention_heads import padded, put_head, take_head, transpose_panels
from dltool.kernels.cpu.bfloat16 import rounded as as_bfloat16
from dltool.kernels.cpu.channels import clear_last_block, place
from dltool.kernels.cpu.elementary import exp, log
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import first_lanes, get_lane, max_lanes, sum_lanes
from dltool.kernels.cpu.masking import steps_of
from dltool.kernels.cpu.operands import Integers
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.product import columns_together, product_rows
from dltool.kernels.cpu.vector import clear_vectors, constant, load, select, splat, store
from dltool.kernels.cpu.workspace import KEYS, QUERIES, attention_space
from dltool.kernels.records import LANES


@kernel
def attention(
    qkv, lengths: Integers, y, logsums, heads, groups, causal, scale, rate, stream, key, rounded, tiles, workspace,
    step, low, high,
):  # fmt: skip
    """y (T, heads · D) and logsums (T, heads) of qkv (T, (heads + 2 · groups) · D); overwrites both."""
    steps, width = qkv.rows_per_sample, y.channels // heads
    at_keys, at_values, at_result, at_panels, at_scores, at_factors, at_rows, _ = attention_space(steps, width)
    query, keys, values = workspace, at(workspace, at_keys), at(workspace, at_values)
    result, panels = at(workspace, at_result), at(workspace, at_panels)
    scores, factors, largest = at(workspace, at_scores), at(workspace, at_factors), at(workspace, at_rows)
    sums, dropout = advance(largest, QUERIES), (rate, stream, key, step)
    clear_last_block(logsums, heads, low * steps, high * steps, logsums.rows)
    for sample in range(low, high):
        seen = steps_of(lengths, sample, steps)
        for group in range(groups):
            take_head(qkv, sample, heads + group, width, keys)
            take_head(qkv, sample, heads + groups + group, width, values)
            transpose_panels(keys, steps, width, panels)
            for head in range(group * (heads // groups), (group + 1) * (heads // groups)):
                take_head(qkv, sample, head, width, query)
                for first in range(0, steps, QUERIES):
                    attend(
                        tiles, query, panels, values, result, scores, factors, largest, sums, steps, width, first, seen,
                        causal, scale, sample, head, dropout, rounded,
                    )  # fmt: skip
                    for i in range(min(QUERIES, steps - first)):
                        row = sample * steps + first + i
                        logsums[place(head, row, logsums.rows)] = largest[i] + get_lane(log(splat(sums[i])), 0)
                put_head(result, y, sample, head, width)


def attend(
    tiles, query, panels, value, result, scores, factors, largest, sums, steps, width, first, seen, causal, scale,
    sample, head, dropout, rounded,
):  # fmt: skip
    """The result of up to QUERIES queries from `first` on; overwrites what it works on, and for each query its sum."""
    count, whole, blocks = min(QUERIES, steps - first), padded(steps), padded(width) // LANES
    for i in range(count):
        largest[i], sums[i] = float32(-inf), float32(0)
        for n in range(blocks):
            store(result, (n * whole + first + i) * LANES, constant(0))
    for key in range(0, visible(first + count - 1, seen, causal), KEYS):
        multiply_queries(tiles, query, panels, scores, whole, blocks, first, count, key, seen, causal)
        for i in range(count):
            limit = min(visible(first + i, seen, causal) - key, KEYS)
            if limit > 0:
                factor = soften(scores, largest, sums, i, limit, float32(scale))
                if key > 0:
                    for n in range(blocks):
                        place = (n * whole + first + i) * LANES
                        store(result, place, load(result, place) * splat(factor))
        together = blocks_of_keys(first + count - 1, key, seen, causal)
        if dropout[0] > 0:
            draw_tile(factors, count, together, steps, first, key, sample, head, dropout)
            multiply_tile(scores, factors, count, together)
        if rounded != 0:
            round_tile(scores, count, together)
        add_rows(tiles, scores, value, result, whole, blocks, first, count, key, seen, causal)
    for i in range(count):
        inverse = splat(float32(1) / sums[i])
        for n in range(blocks):
            place = (n * whole + first + i) * LANES
            store(result, place, load(result, place) * inverse)


def visible(query, seen, causal):
    """How many keys a query sees."""
    return min(seen, query + 1) if causal else seen


def multiply_queries(tiles, rows, panels, products, whole, blocks, first, count, key, seen, causal):
    """Products of `count` rows from `first` on with the panels of up to KEYS keys, but for those that no row sees."""
    together, across, j = blocks_of_keys(first + count - 1, key, seen, causal), QUERIES * LANES, 0
    while j < together:
        columns = columns_together(together - j)
        if causal and key + (j + columns - 1) * LANES > first:
            columns = 1  # each has its own first row
        unseen = max(0, key + j * LANES - first) if causal else 0
        out = at(products, j * QUERIES + unseen)
        for column in range(columns):
            clear_vectors(advance(out, column * across), count - unseen)
        panel = at(panels, (key // LANES + j) * blocks * LANES), blocks * LANES * LANES
        product_rows(
            tiles, blocks, at(rows, first + unseen), whole * LANES, panel, (out, LANES, across), (out, across),
            count - unseen, columns, float32(-inf),
        )  # fmt: skip
        j += columns


def blocks_of_keys(query, key, seen, causal):
    """How many blocks of the KEYS keys from `key` on a query sees some of."""
    return (min(max(visible(query, seen, causal) - key, 0), KEYS) + LANES - 1) // LANES


def soften(scores, largest, sums, i, limit, scale):
    """Makes powers of the first `limit` scores of a query; adds them up; returns what earlier results shrink by."""
    best = constant(-inf)
    for j in range((limit + LANES - 1) // LANES):
        s = load(scores, (j * QUERIES + i) * LANES) * splat(scale)
        s = select(first_lanes(min(limit - j * LANES, LANES)), s, constant(-inf))
        best = select(s > best, s, best)
    new = max_lanes(best)
    new = largest[i] if largest[i] > new else new
    total = constant(0)
    for j in range((limit + LANES - 1) // LANES):
        place = (j * QUERIES + i) * LANES
        power = exp(load(scores, place) * splat(scale) - splat(new))
        power = select(first_lanes(min(limit - j * LANES, LANES)), power, constant(0))
        store(scores, place, power)
        total = total + power
    factor = get_lane(exp(splat(largest[i] - new)), 0)
    sums[i] = sums[i] * factor + sum_lanes(total)
    largest[i] = new
    return factor


def round_tile(tile, count, blocks):
    """Rounds the numbers of `count` queries and some blocks of keys to bfloat16."""
    for j in range(blocks):
        for i in range(j * QUERIES, j * QUERIES + count):
            store(tile, i * LANES, as_bfloat16(load(tile, i * LANES)))


def add_rows(tiles, weights, rows, result, whole, blocks, first, count, key, seen, causal):
    """Adds to each of `count` results the rows of the keys that it sees, each by its weight."""
    for i in range(0, count, LANES):
        together = min(LANES, count - i)
        depth = blocks_of_keys(first + i + together - 1, key, seen, causal)
        if depth > 0:
            across, out = whole * LANES, at(result, first + i)
            product_rows(
                tiles, depth, at(weights, i), QUERIES * LANES, (at(rows, key), across), (out, LANES, across),
                (out, across), together, blocks, float32(-inf),
            )  # fmt: skip
