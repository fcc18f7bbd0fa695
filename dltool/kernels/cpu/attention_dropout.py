"""Dropout of the weights of a tile of an attention: its random numbers follow from what the tile is of."""

from __future__ import annotations

from dltool.kernels.cpu.dropout import four_factors
from dltool.kernels.cpu.lanes import first_lanes
from dltool.kernels.cpu.vector import load, store
from dltool.kernels.cpu.workspace import QUERIES
from dltool.kernels.records import LANES


def draw_tile(factors, count, blocks, steps, first, key, sample, head, dropout):
    """Factors of `count` queries from `first` on, and of `blocks` blocks of keys from `key` on, as scores lie."""
    rate, stream, seed, step = dropout
    width, every = (steps + LANES - 1) // LANES, first_lanes(LANES)
    for j in range(blocks):
        for i in range(0, count, 4):
            place = (first + i) // 4 * width + key // LANES + j
            one, two, three, four = four_factors(place, sample, head, every, rate, stream, seed, step)
            target = (j * QUERIES + i) * LANES
            store(factors, target, one)
            store(factors, target + LANES, two)
            store(factors, target + 2 * LANES, three)
            store(factors, target + 3 * LANES, four)


def multiply_tile(weights, factors, count, blocks):
    """Multiplies what lies as scores do."""
    for j in range(blocks):
        for i in range(j * QUERIES, j * QUERIES + count):
            store(weights, i * LANES, load(weights, i * LANES) * load(factors, i * LANES))
