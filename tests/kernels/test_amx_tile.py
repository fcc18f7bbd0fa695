"""The tiles for AMX: on a stand-in for the unit anywhere, and on the unit where there is one."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy import uint32

from dltool.kernels.bfloat16_unit import has_tiles
from dltool.kernels.compiler import types
from dltool.kernels.cpu import library
from dltool.kernels.cpu.amx import ROW_BYTES, ROWS
from dltool.kernels.cpu.amx_tile import make_column_tiles, make_row_tiles
from dltool.kernels.cpu.lanes import get_lane
from dltool.kernels.cpu.pointers import advance, float_pointer, integer_pointer
from dltool.kernels.cpu.tile import Shared
from dltool.kernels.cpu.vector import bits_as_floats, floats_as_bits, fma, load, splat, store
from dltool.kernels.records import LANES, Kernel
from dltool.kernels.reference.pairs import paired, unpaired
from tests.kernels.compiler.compiled import compiled

TILE = 16 * LANES
SIZES = 8 * TILE  # behind the tiles: rows, then words of a row, of each


def _configure(state, configuration):
    for tile in range(8):
        state[SIZES + tile] = configuration[ROWS + tile]
        state[SIZES + 8 + tile] = (
            configuration[ROW_BYTES + 2 * tile] + 256 * configuration[ROW_BYTES + 2 * tile + 1]
        ) // 4


def _loading(tile: int) -> Any:
    def load_tile(state, pointer, step):
        for i in range(TILE):
            state[tile * TILE + i] = 0
        for row in range(int(state[SIZES + tile])):
            for word in range(int(state[SIZES + 8 + tile])):
                state[tile * TILE + row * LANES + word] = pointer[row * step + word]

    return load_tile


def _storing(tile: int) -> Any:
    def store_tile(state, pointer, step):
        for row in range(int(state[SIZES + tile])):
            for word in range(int(state[SIZES + 8 + tile])):
                pointer[row * step + word] = state[tile * TILE + row * LANES + word]

    return store_tile


def _clearing(tile: int) -> Any:
    def clear_tile(state):
        for i in range(TILE):
            state[tile * TILE + i] = 0

    return clear_tile


def _upper(words):
    return bits_as_floats(floats_as_bits(words) & splat(uint32(0xFFFF0000)))


def _lower(words):
    return bits_as_floats(floats_as_bits(words) << splat(uint32(16)))


def _multiplying(sums: int, a: int, b: int) -> Any:
    def multiply_tiles(state):
        left, right, total = advance(state, a * TILE), advance(state, b * TILE), advance(state, sums * TILE)
        for row in range(int(state[SIZES + sums])):
            for term in range(int(state[SIZES + 8 + a])):
                word, words = splat(get_lane(load(left, row * LANES), term)), load(right, term * LANES)
                value = fma(_lower(word), _lower(words), load(total, row * LANES))
                store(total, row * LANES, fma(_upper(word), _upper(words), value))

    return multiply_tiles


def _release(state):
    state[SIZES] = 0


class StandIn:
    """The unit as the manual describes it; a tile is 16 rows of 16 words, of which only those in use are loaded."""

    configure, release = _configure, _release
    loading, storing = staticmethod(_loading), staticmethod(_storing)
    clearing, multiplying = staticmethod(_clearing), staticmethod(_multiplying)


Run = Callable[..., None]


def on_stand_in(make: Callable[[Any], Any]) -> Run:
    tiles = make(StandIn)

    def call(state, count, taps, table, a, b, start, step, out, least):
        tiles(
            float_pointer(state), count, taps, integer_pointer(table), float_pointer(a), float_pointer(b),
            float_pointer(start), step, float_pointer(out), least,
        )  # fmt: skip

    function = cache(lambda: compiled(call, *[types.int64] * 9, types.float32))  # when a test wants it

    def run(count: int, table: np.ndarray, a: Any, b: Any, start: np.ndarray, step: int, out: np.ndarray, least: float):
        state = np.full(SIZES + 16, np.nan, np.float32)
        pointers = [array.ctypes.data for array in (state, table, a, b, start, out)]
        function()(pointers[0], count, len(table), *pointers[1:4], pointers[4], step, pointers[5], least)

    return run


def on_unit(name: str) -> Run:
    pointer = ctypes.c_void_p
    kind = ctypes.CFUNCTYPE(None, pointer, ctypes.c_int64, pointer, pointer, pointer)

    def run(count: int, table: np.ndarray, a: Any, b: Any, start: np.ndarray, step: int, out: np.ndarray, least: float):
        function = kind(library.address(Kernel(name)))
        known = Shared(1, len(table), table.ctypes.data, 1, b.ctypes.data, 0, step, 0, 0, 0)
        shared = np.array(known, np.int64)
        shared[-1:].view(np.float32)[0] = least
        function(shared.ctypes.data, count, a.ctypes.data, start.ctypes.data, out.ctypes.data)

    return run


STAND_INS = {"rows": on_stand_in(make_row_tiles), "columns": on_stand_in(make_column_tiles)}
UNITS = {"rows": on_unit("amx_row_tiles"), "columns": on_unit("amx_column_tiles")}
ON = [
    pytest.param(STAND_INS, id="a stand-in"),
    pytest.param(UNITS, id="the unit", marks=pytest.mark.skipif(not has_tiles(), reason="no AMX here")),
]


@pytest.mark.parametrize("unit", ON)
@pytest.mark.parametrize("count", [1, 7, 16])
@pytest.mark.parametrize(("taps", "terms"), [(1, 16), (2, 16), (5, 16), (3, 5)])
@pytest.mark.parametrize("going_on", [False, True], ids=["a bias", "going on"])
def test_rows(unit: dict[str, Run], count: int, taps: int, terms: int, going_on: bool):
    generator = np.random.default_rng(taps)
    x, w = (generator.normal(size=(n, 2 * 16 * taps)).astype(np.float32) for n in (count, 16))
    blocks = paired(x, 1).reshape(count, taps, 16).swapaxes(0, 1).copy()  # (taps, rows, words)
    panels = paired(w, 1).reshape(16, taps, 16).transpose(1, 2, 0).copy()  # (taps, words, outputs)
    blocks[:, :, terms:] = panels[:, terms:] = 0x7FC07FC0  # NaN: not to be read
    start = generator.normal(size=(count if going_on else 1, 16)).astype(np.float32)
    numbers = unpaired(blocks[:, :, :terms], 2).astype(float), unpaired(panels[:, :terms], 1).astype(float)
    expected = np.maximum(start + np.einsum("trk,tkn->rn", *numbers), -1)
    table = np.array([[tap * count * 16, tap * 256, terms] for tap in range(taps)])
    out = np.full((count + 1, 16), np.nan, np.float32)
    unit["rows"](count, table, blocks, panels, start, 16 if going_on else 0, out, -1)
    np.testing.assert_allclose(out[:count], expected, rtol=1e-5, atol=1e-5)
    assert np.isnan(out[count:]).all()  # nothing behind the last row is written


@pytest.mark.parametrize("unit", ON)
@pytest.mark.parametrize("count", [1, 7, 16])
@pytest.mark.parametrize("terms", [[16], [3], [40, 5], [32, 16]])
def test_columns(unit: dict[str, Run], count: int, terms: list[int]):
    generator = np.random.default_rng(count)
    a, b = (generator.normal(size=(2 * sum(terms), 16)).astype(np.float32) for _ in range(2))
    words = [paired(each, 0) for each in (a, b)]
    expected = np.einsum("ki,kn->in", *(unpaired(each, 0).astype(float) for each in words))
    starts = np.cumsum([0, *terms[:-1]]) * 16
    table = np.array([[place, place, size] for place, size in zip(starts, terms, strict=True)])
    out = np.full((count + 1, 16), np.nan, np.float32)
    unit["columns"](count, table, *words, np.zeros((1, 16), np.float32), 0, out, -np.inf)
    np.testing.assert_allclose(out[:count], expected[:count], rtol=1e-5, atol=1e-5)
    assert np.isnan(out[count:]).all()
