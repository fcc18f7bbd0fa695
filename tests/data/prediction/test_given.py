"""Samples given in memory: Python's own values mean what the same cells of a file mean, and bad ones are named."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.data.prediction.given import Given, rows_in
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.errors import InputError
from tests.data.opening import config, opened, table, write
from tests.training.images import save_image

LINES = [
    f"{i / 2},{i % 2 == 0},2024-01-{i % 28 + 1:02} 10:00:00,{'red' if i % 3 else 'blue'},{i % 2}" for i in range(60)
]


def given_for(data: dict[str, Any]) -> Given:
    """What reads samples for a network trained on some data."""
    preprocessing = Preprocessing.from_json(json.loads(json.dumps(opened(data).preprocessing)))
    return Given(config(data).source, preprocessing)


@pytest.fixture
def given() -> Given:
    return given_for(table(write("data.csv", "\n".join(["n,b,t,c,y", *LINES]) + "\n")))


ROW = {"n": "2.5", "b": "true", "t": "2024-01-06 10:00:00", "c": "red"}


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("n", "2.5", 2.5),
        ("n", "2", np.int16(2)),
        ("n", "2.5", Decimal("2.5")),
        ("n", "1e3", 1000),
        ("n", "", float("nan")),
        ("n", "NA", None),
        ("n", " 2.5 ", 2.5),
        ("b", "true", True),
        ("b", "no", np.bool_(False)),
        ("b", "yes", 1.0),
        ("b", "", None),
        ("t", "2024-01-06 10:00:00", dt.datetime(2024, 1, 6, 10)),
        ("t", "2024-01-06 08:00:00", dt.datetime(2024, 1, 6, 10, tzinfo=dt.timezone(dt.timedelta(hours=2)))),
        ("t", "2024-01-06", dt.date(2024, 1, 6)),
        ("t", "2024-01-06", np.datetime64("2024-01-06")),
        ("t", "", np.datetime64("NaT")),
        ("c", "red", np.str_("red")),
        ("c", "7", 7),
        ("c", "7", 7.0),
        ("c", "", None),
    ],
)
def test_a_value_means_what_its_text_means(given: Given, column: str, text: str, value: Any):
    as_text, as_value = (given.samples([given.read([ROW | {column: cell}])]) for cell in (text, value))
    np.testing.assert_array_equal(as_value.features, as_text.features)
    np.testing.assert_array_equal(as_value.codes, as_text.codes)


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([ROW, ROW | {"n": "x"}], ["rows[1]: column 'n' holds 'x', where a number is expected"]),
        ([ROW | {"n": [1]}], ["rows[0]: column 'n' holds '[1]', where a number is expected"]),
        ([ROW | {"n": 10**400}], ["rows[0]: column 'n' holds '100000000000000000000000000000000000000…', where"]),
        ([ROW | {"b": 7}], ["rows[0]: column 'b' holds '7', where true or false is expected"]),
        ([ROW | {"t": "soon"}], ["rows[0]: column 't' holds 'soon', where a date is expected"]),
        ([ROW | {"t": 3, "n": "x"}], ["rows[0]: column 'n' holds 'x'", "rows[0]: column 't' holds '3', where a date"]),
        ([ROW | {"c": {"a": 1}}], ["rows[0]: column 'c' holds '{'a': 1}', where text is expected"]),
        ([{**ROW, "B": 1, "b": None} | {"b": 2}], ["rows[0]: column 'b' holds '2'"]),
        ([{"n": 1, "b": 1, "time": 1, "c": ""}], ["rows: no column 't'; there is 'n', 'b', 'time', 'c'"]),
        ([{"n": 1, "b": 1, "T": 1, "c": ""}], ["rows: no column 't'; did you mean 'T'?"]),
        ([{}], ["rows: no column 'n'; there is none at all", "rows: no column 'b'", "rows: no column 't'", "rows: no"]),
        ([ROW, "red"], ["rows[1]: is of type str, where columns by name are expected"]),
        ([], ["rows: there are none"]),
        ({"n": [1, 2], "b": [1], "t": [""], "c": [""]}, ["rows: columns have different lengths: 'n' 2, 'b' 1"]),
        ({"n": [1], "b": True, "t": "", "c": ""}, ["rows: column 'b' is not a list"]),
    ],
)
def test_bad_rows_are_named(given: Given, rows: Any, lines: list[str]):
    with pytest.raises(InputError) as caught:
        given.read(rows)
    told = [str(problem) for problem in caught.value.problems]
    assert len(told) == len(lines), told
    for line, start in zip(told, lines, strict=True):
        assert line.startswith(start)


def test_no_more_cells_are_listed_than_a_person_reads(given: Given):
    with pytest.raises(InputError) as caught:
        given.read([ROW | {"n": "x"}] * 50)
    assert len(caught.value.problems) == 11
    assert str(caught.value.problems[-1]) == "rows: 40 more cells cannot be read"


def test_values_not_seen_in_training_are_counted(given: Given):
    given.samples([given.read([ROW, ROW | {"c": "mauve"}])])
    assert given.unknown["c"] == 1


def test_texts_need_no_column_name():
    lines = [f"{'ham' if i % 2 else 'spam'}\tword{i % 5} and more" for i in range(40)]
    given = given_for({"text": write("data.tsv", "\n".join(lines) + "\n")})
    alone, named = given.read(["word1 and"]), given.read([{"text": "word1 and"}])
    np.testing.assert_array_equal(given.samples([alone]).codes, given.samples([named]).codes)


PIXELS = np.arange(2 * 8 * 6, dtype=np.uint8).reshape(2, 8, 6)


@pytest.fixture
def images() -> Given:
    for row in range(8):
        save_image(PIXELS[row % 2], f"images/{row % 2}/{row}.png")
    return given_for({"images": "images"})


def _png(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    save_image(pixels, "one.png")
    file.write(Path("one.png").read_bytes())
    return file.getvalue()


@pytest.mark.parametrize(
    "form",
    [
        lambda: ["images/0/0.png", Path("images/1/1.png")],
        lambda: [_png(one) for one in PIXELS],
        lambda: [pytest.importorskip("PIL.Image").fromarray(one) for one in PIXELS],
        lambda: list(PIXELS),
        lambda: PIXELS,
        lambda: PIXELS[..., None].astype(float),
    ],
    ids=["paths", "bytes", "pillow", "arrays", "one array", "numbers"],
)
def test_images_in_every_form(images: Given, form: Any):
    read = images.read(form())
    assert rows_in(read) == 2
    np.testing.assert_array_equal(images.samples([read]).features[..., 0], PIXELS)


@pytest.mark.parametrize(
    ("given_images", "line"),
    [
        (["images/0/7.png"], "no file 'images/0/7.png'"),
        ([b"GIF"], "rows[0]: not an image, or damaged"),
        ([b""], "rows[0]: is empty"),
        ([[[], [1, [2]]]], "rows[0]: lists of different lengths, where samples of shape [8, 6, 1] are expected"),
        ([["a"]], "rows[0]: numbers are needed, got str"),
        ([np.zeros((3, 3), np.uint8)], "rows[0]: an array of shape [1, 3, 3], where samples of shape [8, 6, 1]"),
        (PIXELS + 0.5, "rows: the value at [0, 0, 0, 0] is 0.5, where whole numbers from 0 to 255 are expected"),
        ([], "rows: there are none"),
    ],
)
def test_images_that_cannot_be_used_are_named(images: Given, given_images: Any, line: str):
    with pytest.raises(InputError) as caught:
        images.read(given_images)
    assert line in str(caught.value)


def test_arrays():
    x = np.random.default_rng(0).normal(size=(40, 4))
    np.savez("data.npz", x=x, y=np.arange(40) % 2)
    given = given_for({"npz": "data.npz", "scaling": "standard"})
    whole = given.samples([given.read(x)]).features
    np.testing.assert_array_equal(given.samples([given.read(x[0]), given.read(x[1:].tolist())]).features, whole)
    for bad, line in {
        "shape": (x[:, :3], "rows: an array of shape [40, 3], where samples of shape [4] are expected"),
        "ragged": ([[1, 2], [3]], "rows: lists of different lengths"),
        "words": ([["a", "b", "c", "d"]], "rows: numbers are needed, got str"),
        "infinite": ([[1, 2, 3, np.inf]], "rows: the value at [0, 3] is inf"),
    }.values():
        with pytest.raises(InputError) as caught:
            given.read(bad)
        assert str(caught.value).startswith(line)


def test_series_of_several_lengths_are_padded():
    lines = ["@classLabel true 0 1", "@data"] + [f"{','.join(map(str, range(3 + i % 3)))}:{i % 2}" for i in range(30)]
    given = given_for({"series": write("data.ts", "\n".join(lines) + "\n")})
    samples = given.samples([given.read([[0, 1, 2], [0, 1, 2, 3, 4]])])
    assert samples.codes.tolist() == [[0, 0, 0, -1, -1], [0, 0, 0, 0, 0]]
    with pytest.raises(InputError, match=r"rows\[0\]: a series of shape \[6, 1\], where at most \[5, 1\]"):
        given.read([[0, 1, 2, 3, 4, 5]])
