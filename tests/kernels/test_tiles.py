"""Register tiles: sums of products that do not depend on the tile's shape, by bits."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from dltool.kernels.compiler import types
from dltool.kernels.cpu import registers
from dltool.kernels.cpu.pointers import float_pointer, integer_pointer
from dltool.kernels.cpu.product import local_shared
from dltool.kernels.cpu.tile import make_tiles, set_shared
from dltool.kernels.records import LANES
from dltool.runtime.memory import address
from tests.kernels.compiler.compiled import compiled

ROWS, COLUMNS, BLOCKS, TERMS = 6, 4, 3, 11
_tiles = make_tiles({1: 3, 2: 3, 4: 3}, row_stride=LANES)


def _product(height, across, table, taps, a, b, start, out, least):
    """All rows and columns, by tiles of one shape."""
    shared = local_shared()
    for j in range(0, COLUMNS, across):
        for i in range(0, ROWS, height):
            here, seen = i * LANES * 4, j * ROWS * LANES * 4
            panel = b + j * BLOCKS * LANES * LANES * 4
            set_shared(
                shared, across, taps, integer_pointer(table), 1, float_pointer(panel), BLOCKS * LANES * LANES, LANES,
                ROWS * LANES, ROWS * LANES, least,
            )  # fmt: skip
            source, begin, end = float_pointer(a + here), float_pointer(start + seen + here), out + seen + here
            _tiles(shared, height, source, begin, float_pointer(end))


@pytest.fixture(scope="module")
def operands() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    shapes = {
        "a": (BLOCKS, ROWS, LANES),
        "b": (COLUMNS, BLOCKS * LANES, LANES),
        "start": (COLUMNS, ROWS, LANES),
    }
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


@cache
def _compiled_product() -> Any:
    return compiled(_product, *[types.int64] * 8, types.float32)


def _run(operands: dict[str, np.ndarray], height: int, across: int, least: float) -> Any:
    table = np.array([[i * ROWS * LANES, i * LANES * LANES, TERMS] for i in range(BLOCKS)], np.int64)
    out = np.zeros_like(operands["start"])
    a, b, start = (address(operands[name]) for name in ("a", "b", "start"))
    _compiled_product()(height, across, address(table), BLOCKS, a, b, start, address(out), least)
    return out


@pytest.mark.parametrize(("height", "across"), [(1, 2), (3, 1), (2, 2), (1, 4), (3, 4)])
def test_sums_have_the_same_bits_in_tiles_of_any_shape(operands: dict[str, np.ndarray], height: int, across: int):
    for least in (-np.inf, 0.0):
        expected = _run(operands, 1, 1, least)
        np.testing.assert_array_equal(_run(operands, height, across, least), expected, strict=True)


def test_a_sum_starts_from_its_initial_value_and_is_not_below_the_floor(operands: dict[str, np.ndarray]):
    a, b = operands["a"][:, :, :TERMS], operands["b"].reshape(COLUMNS, BLOCKS, LANES, LANES)[:, :, :TERMS]
    expected = operands["start"] + np.einsum("dik,jdkl->jil", a.astype(float), b.astype(float))
    np.testing.assert_allclose(_run(operands, 3, 4, 0.5), np.maximum(expected, 0.5), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("features", "processor", "tile"),
    [
        ("+avx2,+fma", "znver3", "6 × 16"),
        ("+avx2,+avx512f", "znver4", "16 × 16"),
        ("+avx2,+avx512f", "znver5", "6 × 64"),
        ("+avx2,+avx512f", "sapphirerapids", "6 × 64"),
    ],
)
def test_tiles_fit_the_processor(monkeypatch: pytest.MonkeyPatch, features: str, processor: str, tile: str):
    monkeypatch.setenv("DLTOOL_CPU_FEATURES", features)
    monkeypatch.setenv("DLTOOL_CPU_NAME", processor)
    monkeypatch.setattr(registers, "TALLEST", registers.tallest_tiles())
    assert registers.tile_of_products() == tile
