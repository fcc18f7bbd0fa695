"""Columns that give the target away, and columns that only look as if they did."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from dltool.data.inspection.leaks import Sample, find_leaks

ROWS = 400
_random = np.random.default_rng(0)
NOISE, OTHER = _random.normal(size=ROWS), _random.normal(size=ROWS)
NUMBERS = _random.normal(size=ROWS) * 10 + 3
WORDS = np.array(["no", "yes", "maybe"])[_random.integers(0, 3, ROWS)]


def sample(**columns: np.ndarray) -> Sample:
    """Columns as a table gives them; missing cells are NaN or empty."""

    def key(cell: object) -> int:
        return 0 if cell == "" or cell != cell else zlib.crc32(str(cell).encode()) + 1  # NaN differs from itself

    keys = {name: np.array([key(cell) for cell in cells.tolist()], np.uint64) for name, cells in columns.items()}
    return Sample(keys, {name: cells.astype(float) for name, cells in columns.items() if cells.dtype.kind in "iuf"})


@pytest.mark.parametrize(
    ("columns", "leak"),
    [
        ({"copy": NUMBERS}, "copy equals the target"),
        ({"feet": NUMBERS * 3.28 + 1}, "feet is almost the target itself: correlation 1.000000"),
        ({"below": -NUMBERS}, "below is almost the target itself: correlation -1.000000"),
        ({"rank": np.exp(NUMBERS)}, "rank puts all rows in the order of the target"),
        ({"fall": np.exp(-NUMBERS)}, "fall puts all rows in the order of the target"),
        ({"part": NOISE, "rest": NUMBERS - NOISE}, "part, rest together are the target: part + rest"),
        (
            {"a": NOISE, "b": OTHER, "c": NUMBERS - NOISE + OTHER, "x": NOISE * OTHER},
            "a, b, c together are the target: a + c − b",
        ),
        (
            {"a": NOISE, "b": 0.5 * NUMBERS - 2 * NOISE},
            "a, b together are the target: a linear function of them (suspected)",
        ),
        ({"near": NUMBERS + NOISE}, None),
        ({"a": NOISE, "b": OTHER}, None),
        ({"half": np.where(NOISE > 0, NUMBERS, np.nan), "x": OTHER}, "half equals the target"),
        ({"constant": np.ones(ROWS), "x": NOISE}, None),
        ({"word": WORDS}, None),
        ({"id": np.arange(ROWS)}, None),
    ],
)
def test_numbers(columns: dict[str, np.ndarray], leak: str | None) -> None:
    assert _told(find_leaks(sample(**columns, target=NUMBERS), "target", classes=False)) == ([leak] if leak else [])


@pytest.mark.parametrize(
    ("columns", "leak"),
    [
        ({"copy": WORDS}, "copy equals the target"),
        (
            {"code": np.array([{"no": 7, "yes": 8, "maybe": 9}[word] for word in WORDS])},
            "code determines the target: each of its 3 values goes with a single one",
        ),
        (
            {"score": NOISE + 20 * np.unique(WORDS, return_inverse=True)[1]},
            "score separates the classes perfectly: each has its own range (suspected)",
        ),
        ({"id": np.arange(ROWS)}, None),
        ({"sparse": np.where(np.arange(ROWS) < 5, WORDS, "")}, None),
        ({"noise": NOISE, "few": np.round(NOISE)}, None),
    ],
)
def test_classes(columns: dict[str, np.ndarray], leak: str | None) -> None:
    assert _told(find_leaks(sample(**columns, target=WORDS), "target", classes=True)) == ([leak] if leak else [])


def test_few_rows_prove_nothing() -> None:
    assert find_leaks(sample(copy=NUMBERS[:19], target=NUMBERS[:19]), "target", classes=False) == []


def _told(leaks: list) -> list[str]:
    return [f"{', '.join(leak.columns)} {leak.how}{'' if leak.certain else ' (suspected)'}" for leak in leaks]
