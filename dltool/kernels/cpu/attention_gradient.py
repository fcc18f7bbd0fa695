"""The gradient of attention in tiles: what the forward did with each tile is done again, from the sums that it kept."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy import float32

from dltool.kernels.cpu.attention import add_rows, blocks_of_keys, multiply_queries, round_tile, visible
from dltool.kernels.cpu.attention_dropout import draw_tile, multiply_tile
from dltool.kernels.cpu.attention_heads import padded, put_head, take_head, transpose_panels
from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.elementary import exp
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import first_lanes, sum_lanes
from dltool.kernels.cpu.masking import steps_of
from dltool.kernels.cpu.operands import Integers
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.product import outer_products
from dltool.kernels.cpu.vector import clear_vectors, constant, load, select, splat, store
from dltool.kernels.cpu.workspace import KEYS, QUERIES, attention_gradient_space
from dltool.kernels.records import LANES


class Room(NamedTuple):
    """What the workspace holds: of a head; panels of its keys and values; a tile of scores; a number for each query."""

    query: Any
    upstream: Any
    keys: Any
    dquery: Any
    dkey: Any
    dvalue: Any
    panels: Any
    value_panels: Any
    powers: Any
    slopes: Any
    means: Any
    factors: Any


def room_in(workspace, steps, width):
    """Where these lie."""
    places = attention_gradient_space(steps, width)
    return Room(
        workspace, at(workspace, places[0]), at(workspace, places[1]), at(workspace, places[2]),
        at(workspace, places[3]), at(workspace, places[4]), at(workspace, places[5]), at(workspace, places[6]),
        at(workspace, places[7]), at(workspace, places[8]), at(workspace, places[9]), at(workspace, places[10]),
    )  # fmt: skip


@kernel
def attention_gradient(
    dy, qkv, y, logsums, lengths: Integers, dqkv, heads, groups, causal, scale, rate, stream, key, rounded, tiles,
    other_tiles, workspace, step, low, high,
):  # fmt: skip
    """dqkv (T, (heads + 2 · groups) · D) of dy and y (T, heads · D), and what the attention had; overwrites dqkv."""
    steps, width = qkv.rows_per_sample, y.channels // heads
    room, dropout = room_in(workspace, steps, width), (rate, stream, key, step)
    whole, blocks = padded(steps), padded(width) // LANES
    for sample in range(low, high):
        seen = steps_of(lengths, sample, steps)
        for group in range(groups):
            take_head(qkv, sample, heads + groups + group, width, room.keys)
            transpose_panels(room.keys, steps, width, room.value_panels)
            take_head(qkv, sample, heads + group, width, room.keys)
            transpose_panels(room.keys, steps, width, room.panels)
            clear_vectors(room.dkey, whole * blocks)
            clear_vectors(room.dvalue, whole * blocks)
            for head in range(group * (heads // groups), (group + 1) * (heads // groups)):
                take_head(y, sample, head, width, room.dquery)
                take_head(dy, sample, head, width, room.upstream)
                take_head(qkv, sample, head, width, room.query)
                row_means(room.upstream, room.dquery, whole, blocks, steps, room.means)
                clear_vectors(room.dquery, whole * blocks)
                add_head(
                    tiles, other_tiles, room, logsums, steps, whole, blocks, seen, causal, scale, rounded, sample,
                    head, dropout,
                )  # fmt: skip
                put_head(room.dquery, dqkv, sample, head, width)
            put_head(room.dkey, dqkv, sample, heads + group, width)
            put_head(room.dvalue, dqkv, sample, heads + groups + group, width)


def add_head(
    tiles, other_tiles, room, logsums, steps, whole, blocks, seen, causal, scale, rounded, sample, head, dropout
):
    """The slopes of the queries of a head, and what it adds to those of keys and values, tile by tile."""
    for first in range(0, steps, QUERIES):
        count = min(QUERIES, steps - first)
        for key in range(0, visible(first + count - 1, seen, causal), KEYS):
            where = whole, blocks, first, count, key, seen, causal
            multiply_queries(tiles, room.query, room.panels, room.powers, *where)
            multiply_queries(tiles, room.upstream, room.value_panels, room.slopes, *where)
            make_tile(room, logsums, steps, first, count, key, seen, causal, scale, rounded, sample, head, dropout)
            add_rows(tiles, room.slopes, room.keys, room.dquery, *where)
            add_columns(other_tiles, room.powers, room.upstream, room.dvalue, *where)
            add_columns(other_tiles, room.slopes, room.query, room.dkey, *where)


def make_tile(room, logsums, steps, first, count, key, seen, causal, scale, rounded, sample, head, dropout):
    """Of products of queries and keys, and of dy and values, makes probabilities and the slopes of scores."""
    together, rate = blocks_of_keys(first + count - 1, key, seen, causal), dropout[0]
    if rate > 0:
        draw_tile(room.factors, count, together, steps, first, key, sample, head, dropout)
        multiply_tile(room.slopes, room.factors, count, together)
    for i in range(count):
        limit = min(visible(first + i, seen, causal) - key, KEYS)
        total = logsums[place(head, sample * steps + first + i, logsums.rows)]
        make_slopes(room.powers, room.slopes, i, limit, total, room.means[first + i], float32(scale))
    if rate > 0:
        multiply_tile(room.powers, room.factors, count, together)
    if rounded != 0:
        round_tile(room.powers, count, together)
        round_tile(room.slopes, count, together)


def row_means(upstream, result, whole, blocks, steps, means):
    """Σ dy · y of each query, which is the mean of the slopes of its scores."""
    for i in range(steps):
        total = constant(0)
        for n in range(blocks):
            place = (n * whole + i) * LANES
            total = total + load(upstream, place) * load(result, place)
        means[i] = sum_lanes(total)


def make_slopes(powers, slopes, i, limit, total, mean, scale):
    """Of a query's scores, and of the slopes of its probabilities, makes its probabilities and the slopes of scores."""
    for j in range((limit + LANES - 1) // LANES):
        place, used = (j * QUERIES + i) * LANES, first_lanes(min(limit - j * LANES, LANES))
        p = exp(load(powers, place) * splat(scale) - splat(total))
        slope = p * (load(slopes, place) - splat(mean)) * splat(scale)
        store(powers, place, select(used, p, constant(0)))
        store(slopes, place, select(used, slope, constant(0)))


def add_columns(tiles, weights, rows, sums, whole, blocks, first, count, key, seen, causal):
    """Adds to the sum of each key the rows of the queries that see it, each by its weight."""
    for j in range(blocks_of_keys(first + count - 1, key, seen, causal)):
        unseen = max(0, key + j * LANES - first) if causal else 0
        source, across, out = at(weights, j * QUERIES + unseen), whole * LANES, at(sums, key + j * LANES)
        outer_products(
            tiles, count - unseen, LANES, blocks, source, (at(rows, first + unseen), across), (out, LANES, across),
            (out, across),
        )  # fmt: skip
