"""Columns of a table as a network takes them: fitted on the training part, kept in the checkpoint, ever the same."""

from __future__ import annotations

import json
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from dltool.data.features.feature import Encoder, stored_encoder
from dltool.registry import registered
from tests.data.opening import opened, problems, table, write


def cells(*values: Any, dtype: Any = object) -> np.ma.MaskedArray:
    """Cells of a column, None for a missing one."""
    mask = [value is None for value in values]
    blank = {"O": "", "f": 0.0, "b": False, "M": np.datetime64("1970-01-01")}[np.dtype(dtype).kind]
    return np.ma.array([blank if value is None else value for value in values], dtype=dtype, mask=mask)


def numbers(*values: float | None) -> np.ma.MaskedArray:
    return cells(*values, dtype=np.float64)


def times(*values: str | None) -> np.ma.MaskedArray:
    return cells(*(None if value is None else np.datetime64(value) for value in values), dtype="datetime64[us]")


def fitted(kind: str, *pieces: np.ma.MaskedArray, **fields: Any) -> Encoder:
    """The encoder after all pieces, as a checkpoint gives it back."""
    fitting = registered("feature")[kind].model_validate(fields).start("c")
    for piece in pieces:
        fitting.update(piece)
    encoder = fitting.result()
    again = stored_encoder(json.loads(json.dumps(encoder.as_json())))
    assert again == encoder
    return again


def written(encoder: Encoder, column: np.ma.MaskedArray) -> tuple[np.ndarray, np.ndarray]:
    field = encoder.field
    made = np.full((len(column), len(encoder.names)), np.nan, np.float32)
    codes = np.full((len(column), field.length if field else 0), -9, np.int32)
    encoder.write_numbers(column, made)
    encoder.write_codes(column, codes)
    return made, codes


AGES = numbers(10, None, 20, 60)
MEAN, DEVIATION = 30.0, float(np.std([10, 20, 60]))

NUMBERS: dict[str, tuple[str, dict[str, Any], np.ma.MaskedArray, np.ma.MaskedArray, list[list[float]]]] = {
    "the mean stands for what is missing": (
        "numeric",
        {},
        AGES,
        numbers(None, 60),
        [[0, 1], [30 / DEVIATION, 0]],
    ),
    "or the median": ("numeric", {"missing": "median", "scaling": "none"}, AGES, numbers(None, 60), [[20, 1], [60, 0]]),
    "nothing missing, no mark": ("numeric", {"scaling": "minmax"}, numbers(2, 4), numbers(3, None), [[0.5], [0.5]]),
    "a constant is zero": ("numeric", {}, numbers(5, 5), numbers(5, 6), [[0], [1]]),
    "nothing at all": ("numeric", {}, numbers(None, None), numbers(None), [[0, 1]]),
    "not a number is missing": ("numeric", {}, numbers(1, float("nan"), 3), numbers(float("nan")), [[0, 1]]),
    "true and false": ("boolean", {}, cells(True, False, dtype=bool), cells(True, False, dtype=bool), [[1], [0]]),
    "true, false and neither": (
        "boolean",
        {},
        cells(True, None, dtype=bool),
        cells(None, False, dtype=bool),
        [[0.5, 1], [0, 0]],
    ),
    "days of the week": (
        "date",
        {},
        times("2024-01-01", "2024-01-03"),  # a Monday and a Wednesday
        times("2024-01-01"),
        [[-1, np.sin(0), 1, 0, 1]],  # time, then day and weekday
    ),
    "hours": (
        "date",
        {},
        times("2024-05-05T06:00", "2024-05-05T18:00", None),
        times("2024-05-05T06:00", None),
        [[-1, 1, 0, 0], [0, 0, 0, 1]],
    ),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers(case: str):
    kind, fields, train, column, expected = NUMBERS[case]
    made, codes = written(fitted(kind, train, **fields), column)
    np.testing.assert_allclose(made, expected, atol=1e-6)
    assert codes.shape[1] == 0


def test_quantiles_make_any_distribution_normal():
    values = np.exp(3 * np.random.default_rng(0).standard_normal(20_000))
    encoder = fitted("numeric", *np.array_split(np.ma.array(values), 7), scaling="quantile")
    made = written(encoder, np.ma.array(values))[0][:, 0]
    expected = [NormalDist().inv_cdf(share) for share in (0.02, 0.25, 0.5, 0.75, 0.98)]
    np.testing.assert_allclose(np.quantile(made, [0.02, 0.25, 0.5, 0.75, 0.98]), expected, atol=0.01)
    assert np.all(np.diff(made[np.argsort(values)]) >= 0)
    beyond = written(encoder, numbers(-1e30, 1e30))[0][:, 0]
    assert beyond[0] == made.min()
    assert beyond[1] == made.max()


def test_a_quantile_may_stand_beside_the_scaled_number():
    values = numbers(*range(1, 101), None)
    encoder = fitted("numeric", values, quantiles=True)
    assert encoder.names == ("c", "c quantile", "c missing")
    made = written(encoder, values)[0]
    np.testing.assert_array_equal(made[:, 0], written(fitted("numeric", values), values)[0][:, 0])
    np.testing.assert_array_equal(made[:, 1], written(fitted("numeric", values, scaling="quantile"), values)[0][:, 0])
    assert made[-1, 2] == 1


def test_equal_numbers_get_the_middle_of_their_quantiles():
    encoder = fitted("numeric", numbers(*[0.0] * 90, *range(1, 11)), scaling="quantile")
    assert abs(written(encoder, numbers(0))[0][0, 0] - NormalDist().inv_cdf(0.45)) < 0.02


WORDS = cells("b", "a", "b", None, "c", "b", "a")


@pytest.mark.parametrize(
    ("fields", "size", "expected"),
    [
        ({}, 5, [2, 3, 4, 1, 0]),  # 0 is unknown, 1 is missing, then the most frequent first
        ({"min_count": 2}, 4, [2, 3, 0, 1, 0]),
        ({"max_categories": 1}, 3, [2, 0, 0, 1, 0]),
    ],
)
def test_categories(fields: dict[str, Any], size: int, expected: list[int]):
    encoder = fitted("category", WORDS[:3], WORDS[3:], **fields)
    assert encoder.field is not None
    assert encoder.field.size == size
    column = cells("b", "a", "c", None, "new")
    codes = written(encoder, column)[1]
    assert codes[:, 0].tolist() == expected
    assert encoder.unknown(column, codes) == sum(code < 1 for code in expected)


def test_missing_is_unknown_where_training_had_none():
    encoder = fitted("category", cells("a", "b"))
    assert written(encoder, cells(None, "a"))[1][:, 0].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("count", "fields", "width"),
    [
        (3, {}, None),
        (11, {}, 6),
        (11, {"encoding": "one_hot"}, None),
        (3, {"encoding": "embedding"}, 3),
        (3, {"width": 7}, 7),
    ],
)
def test_how_wide_an_embedding_is(count: int, fields: dict[str, Any], width: int | None):
    field = fitted("category", cells(*(f"w{i}" for i in range(count))), **fields).field
    assert field is not None
    assert field.width == width


TEXTS = cells("Free entry! Call 08001", "call me, call ME", None, "I'm free")


def test_words_of_a_text():
    encoder = fitted("text", TEXTS)  # those in two rows: call, free
    assert encoder.as_json()["words"] == ("call", "free")
    assert written(encoder, cells("Free, free! call it", "nothing", None))[1].tolist() == [
        [2, 1, -1, -1, -1],
        [-1] * 5,
        [-1] * 5,
    ]
    column = cells("nothing", "call", None)
    assert encoder.unknown(column, written(encoder, column)[1]) == 1


@pytest.mark.parametrize(
    ("fields", "size", "length"), [({"min_count": 1}, 9, 5), ({"hashed": 64}, 65, 5), ({"length": 1}, 3, 1)]
)
def test_vocabularies(fields: dict[str, Any], size: int, length: int):
    field = fitted("text", TEXTS, **fields).field
    assert field is not None
    assert (field.size, field.length) == (size, length)


def test_pairs_of_words():
    assert "call me" in fitted("text", TEXTS, ngrams=2, min_count=1).as_json()["words"]


def people(rows: int = 60) -> str:
    """A table with a column of every kind."""
    lines = ["name,age,city,since,member,note,fixed,y"]
    for i in range(rows):
        note = f"this is remark {i} about it"
        age = "" if i == 7 else str(20 + i)
        lines.append(f"person {i},{age},{'ABC'[i % 3]},2020-01-{i % 28 + 1:02d},{i % 2 == 0},{note},x,{i % 2}")
    return "\n".join(lines)


def test_what_columns_are_taken_for():
    dataset = opened(table(write("people.csv", people())))
    kinds = {column["column"]: column["kind"] for column in dataset.preprocessing["features"]["columns"]}
    assert kinds == {"age": "numeric", "city": "category", "since": "date", "member": "boolean", "note": "text"}
    assert "left out, since they are empty, constant or only name the rows: name, fixed" in dataset.notes
    assert [(field.name, field.start, field.width) for field in dataset.signature.codes] == [
        ("city", 0, None),
        ("note", 1, 32),
    ]
    assert dataset.parts["train"].codes.dtype == np.int32


def test_what_the_config_says_counts():
    features = {"name": "category", "a*": {"numeric": "minmax"}, "since": "category"}
    dataset = opened({**table(write("people.csv", people()), exclude=["note"]), "features": features})
    kinds = {column["column"]: column["kind"] for column in dataset.preprocessing["features"]["columns"]}
    assert kinds["name"] == kinds["since"] == "category"
    assert problems({**table("people.csv"), "features": {"agee": "numeric"}}) == [
        "data.features.agee: no column has this name; did you mean 'age'?"
    ]
    assert problems({**table("people.csv"), "features": {"city": "numeric"}}) == [
        "people.csv:2: data.table: column 'city' holds 'A', where a number is expected, and 59 more cells of this"
        " column; correct it, or say what it means: types: {city: {number: {missing: [A]}}}, or features: {city:"
        " category}"
    ]


@pytest.mark.parametrize("declared", [{}, {"late": "numeric"}, {"late": "category"}])
def test_a_column_that_is_empty_where_it_is_trained_on_is_left_out(declared: dict[str, str]):
    text = (
        "a,late,y\n" + "".join(f"{i},,{i % 2}\n" for i in range(20)) + "".join(f"{i},{i},{i % 2}\n" for i in range(4))
    )
    split = {"train": {"first": 20}, "validation": {"last": 4}}
    dataset = opened({**table(write("late.csv", text)), "split": split, "features": declared})
    assert [column["column"] for column in dataset.preprocessing["features"]["columns"]] == ["a"]
    assert "left out, since they are empty in all rows to train on: late" in dataset.notes


def test_only_the_training_part_tells_the_words():
    text = "city,y\n" + "".join(f"{'AB'[i % 2]},{i % 2}\n" for i in range(10)) + "C,0\nC,1\n"
    dataset = opened({**table(write("cities.csv", text)), "split": {"validation": {"last": 2}}})
    assert dataset.signature.codes[0].size == 3
    assert dataset.parts["validation"].codes.tolist() == [[0], [0]]


@pytest.mark.parametrize(
    ("header", "cell", "kind"),
    [
        ("n", "1,5", "numeric"),  # decimal commas
        ("n", "?", "numeric"),
        ("d", "31.12.2020", "date"),
        ("d", "12/31/2020", "date"),
        ("d", "1/31/20", "date"),
        ("d", "2020-12", "date"),
        ("d", "12:30", "date"),
    ],
)
def test_forms_that_are_recognized(header: str, cell: str, kind: str):
    other = {"1,5": "2,25", "?": "4", "12:30": "13:45"}.get(cell, cell.replace("31", "14").replace("-12", "-11"))
    text = f"{header};y\n" + f"{cell};0\n{other};1\n" * 10
    dataset = opened(table(write("forms.csv", text)))
    assert [column["kind"] for column in dataset.preprocessing["features"]["columns"]] == [kind]


def test_two_digits_of_a_year_are_of_this_or_the_last_century():
    text = "d,y\n" + "".join(f"1/{day}/11,{day % 2}\n" for day in range(1, 29))
    (column,) = opened(table(write("days.csv", text))).preprocessing["features"]["columns"]
    assert 365.25 * 41 < column["mean"] < 365.25 * 41.2


@pytest.mark.parametrize("words", [("yes", "no"), ("True", "False"), ("t", "f")])
def test_yes_and_no_are_a_feature_of_one_number_and_a_target_of_their_own_names(words: tuple[str, str]):
    text = "a,y\n" + "".join(f"{words[i % 2]},{words[i // 2 % 2]}\n" for i in range(40))
    dataset = opened(table(write("answers.csv", text)))
    assert dataset.preprocessing["features"]["columns"][0]["kind"] == "boolean"
    assert dataset.signature.classes == tuple(sorted(words))
