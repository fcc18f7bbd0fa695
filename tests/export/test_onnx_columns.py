"""Cells of columns in ONNX: they become the numbers and the codes that dltool makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest

from dltool.data.features.feature import Encoder
from dltool.data.features.text import Text
from dltool.data.features.tokens import Tokens
from dltool.export.onnx.columns.codes import CodesColumn
from dltool.export.onnx.columns.kinds import column_of
from dltool.export.onnx.model import Model
from dltool.registry import registered

NUMBERS = [1e9 + 1, 1e9 + 2, None, 1e9 + 2, 1e9 + 7, 1e9 + 2, 1e9 + 40]
SKEWED = [0.0] * 20 + [1.0, 5.0, 80.0, 80.0]
BEYOND = [0.0, 0.5, 80.0, 1000.0, -7.0, 3.0, None]
WORDS = ["red", "7", "blå", "red", "7", None, "blå"]
TEXTS = [
    "The cat's 2 hats, and THE end",
    "a cat; a hat",
    "Über naïve 42 ½ a_b",
    "",
    "the end the end",
    "naïve ÜBER hat",
]
OTHER_TEXTS = [
    "the the the", "", "cat hat", "ÜBER naïve Naïve", "x\ty\u2003z\x1fhat\xa0a", "don't 42nd", "a " * 300,
    "it’s\nthe end",
]  # fmt: skip
TIMES = ["2020-02-29T23:59", "1999-12-31T00:00", None, "2001-03-01T12:30", "1969-07-20T20:17"]

CASES: list[tuple[str, dict[str, Any], list[Any], list[Any]]] = [
    ("numeric", {}, NUMBERS, [*NUMBERS, 1e9 + 2.5]),
    ("numeric", {"scaling": "minmax", "missing": "median"}, NUMBERS, NUMBERS),
    ("numeric", {"scaling": "quantile"}, SKEWED, BEYOND),
    ("numeric", {"scaling": {"quantile": 5}}, [3.0, 9.0, 27.0], [*range(2, 30)]),
    ("numeric", {"quantiles": True}, [*SKEWED, None], BEYOND),
    ("numeric", {"scaling": "none"}, [4.0, 5.0], [4.5, None]),
    ("boolean", {}, [True, False], [False, True, None]),
    ("boolean", {}, [True, None], [False, True, None]),
    ("category", {}, WORDS, [*WORDS, "7.0", "bla\u030a", "Red"]),
    ("category", {"min_count": 2}, [*WORDS, "rare"], [*WORDS, "rare"]),
    ("category", {"encoding": "embedding"}, ["a", "b"], ["b", None, "c"]),
    ("date", {}, TIMES, [*TIMES, "2100-03-01", "2000-02-29", "1600-12-31T01:01"]),
    ("date", {}, TIMES[:2], TIMES),
    ("text", {"min_count": 1}, TEXTS, [*TEXTS, *OTHER_TEXTS, None]),
    ("text", {"min_count": 1, "ngrams": 2, "length": 4}, TEXTS, [*TEXTS, *OTHER_TEXTS]),
    ("text", {"min_count": 1, "ngrams": 2}, TEXTS, ["", ""]),
    ("tokens", {"min_count": 1}, TEXTS, [*TEXTS, *OTHER_TEXTS, None]),
    ("tokens", {"min_count": 1, "length": 3}, TEXTS, [*TEXTS, *OTHER_TEXTS]),
    ("tokens", {"min_count": 1, "length": 3, "keep": "last"}, TEXTS, [*TEXTS, *OTHER_TEXTS]),
    ("tokens", {"min_count": 1, "vocabulary": "character", "length": 9}, TEXTS, [*TEXTS, *OTHER_TEXTS]),
    ("tokens", {"min_count": 1, "lowercase": False}, TEXTS, [*TEXTS, *OTHER_TEXTS]),
    ("tokens", {"min_count": 1}, TEXTS, [""]),
]


@pytest.mark.parametrize(("kind", "fields", "cells", "others"), CASES)
def test_cells_become_what_dltool_makes_of_them(kind: str, fields: dict[str, Any], cells: list[Any], others: list[Any]):
    encoder = fitted(registered("feature")[kind].model_validate(fields), cells)
    given, field = masked(encoder, others), encoder.field
    expected = np.empty((len(others), len(encoder.names)), np.float32)
    written = np.empty((len(others), field.length if field else 0), np.int32)
    encoder.write_numbers(given, expected)
    encoder.write_codes(given, written)
    numbers, codes = in_onnx(encoder, given)
    np.testing.assert_allclose(numbers, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(codes, written)


@pytest.mark.parametrize(
    ("feature", "refusal"),
    [
        (Text(hashed=50), "ONNX cannot hash words (CRC-32)"),
        (Tokens(vocabulary="byte_pair"), "ONNX cannot divide text into byte pairs"),
    ],
)
def test_what_cannot_be_said_is_named_and_its_codes_are_the_input(feature: Any, refusal: str):
    column, differences = column_of(fitted(feature, TEXTS), ())
    assert isinstance(column, CodesColumn)
    assert differences == [f"{refusal}: the input is codes, −1 behind the last one"]


def test_words_for_a_missing_value_are_missing():
    encoder = fitted(registered("feature")["category"].model_validate({}), WORDS)
    _, codes = in_onnx(encoder, np.ma.array(["?", "", "red", "-"], object), missing=("?",))
    assert codes[:, 0].tolist() == [1, 1, codes[2, 0], 0]


def fitted(feature: Any, cells: list[Any]) -> Encoder:
    fitting = feature.start("column")
    fitting.update(masked(feature, cells))
    return fitting.result()


def masked(feature: Any, cells: list[Any]) -> np.ndarray:
    """Cells as a reader gives them, masked where missing."""
    reads = feature.reads if isinstance(feature, Encoder) else feature.encoder.reads
    dtype, blank = {
        "DOUBLE": (np.float64, 0.0),
        "BOOLEAN": (np.bool_, False),
        "TIMESTAMP": ("datetime64[us]", "1970-01-01"),
        "VARCHAR": (object, ""),
    }[reads]
    values = np.array([blank if cell is None else cell for cell in cells], dtype)
    return np.ma.array(values, mask=[cell is None for cell in cells])


def in_onnx(encoder: Encoder, cells: np.ndarray, missing: tuple[str, ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and codes that a model with this column alone gives."""
    column, model = column_of(encoder, missing)[0], Model()
    made = column.encoded(model, model.input("column", column.dtype, column.shape))
    outputs = {"numbers": (made.numbers, "float32"), "codes": (made.codes, "int32")}
    for name, (value, dtype) in outputs.items():
        if value:
            model.output(name, value, dtype, ("N", "K"))
    session = onnxruntime.InferenceSession(model.proto("column", {}).SerializeToString())
    arrays = session.run(None, {"column": column.given(cells)})
    found = dict(zip([each.name for each in session.get_outputs()], arrays, strict=True))
    nothing = np.empty((len(cells), 0))
    return found.get("numbers", nothing), found.get("codes", nothing)
