"""A row means the same whatever other rows stand beside it, in any order and in any format."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest

from dltool.data.prediction import rows as prediction_rows
from dltool.data.prediction.given import Given
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.readers.outline import Request
from dltool.data.sources.source import Source
from dltool.data.sources.table import Table
from tests.data.opening import opened, table, write

ROWS = 60
_random = np.random.default_rng(3)


def _dates(form: str) -> list[str]:
    start = np.datetime64("2021-01-01T13:05:00")
    times = [(start + np.timedelta64(int(day), "D")).item() for day in _random.permutation(7 * ROWS)[:ROWS]]
    return [time.strftime(form) for time in times]


def _dotted(cell: str) -> str:
    return ".".join(reversed(cell.split("-")))


#: cells of columns by what is hard about them, as a file of text has them
COLUMNS: dict[str, Sequence[str]] = {
    "day first": _dates("%d/%m/%Y"),
    "month first": _dates("%m/%d/%Y"),
    "two-digit year": _dates("%d.%m.%y"),
    "month by name": _dates("%d-%b-%Y"),
    "long date": _dates("%B %d, %Y"),
    "half days": _dates("%m/%d/%Y %I:%M %p"),
    "time of day": [f"{hour % 24}:{hour:02}" for hour in range(ROWS)],
    "offsets": [cell + ("+02:00", "-05:00", "Z")[i % 3] for i, cell in enumerate(_dates("%Y-%m-%dT%H:%M:%S"))],
    "two formats": [cell if i % 2 else _dotted(cell) for i, cell in enumerate(_dates("%Y-%m-%d"))],
    "codes": [("007", "07", "7", "1E2", "100", "x", "true", "2021-01-01")[i % 8] for i in range(ROWS)],
    "codes of digits": [("007", "07", "7", "010", "10")[i % 5] for i in range(ROWS)],
    "long ids": [str(2**60 + i % 4) for i in range(ROWS)],
    "decimal commas": [f"{i},{i % 7}" for i in range(ROWS)],
    "thousands": [f"{i},{i % 7}00,{i:03}.5" for i in range(1, ROWS + 1)],
    "percent": [f"{i} %" for i in range(ROWS)],
    "numbers": [f"{i / 7:.4f}" for i in range(ROWS)],
    "missing numbers": [("NA", "", "None", "1.5", "2.5")[i % 5] for i in range(ROWS)],
    "None as a word": [("None", "Basic", "NA", "?")[i % 4] for i in range(ROWS)],
    "yes or no": [("yes", "no")[i % 2] for i in range(ROWS)],
    "words": [("ä", "größe", "日本")[i % 3] for i in range(ROWS)],
    "a,b [m/s]*": [str(i % 13) for i in range(ROWS)],
}  # fmt: skip
#: features that are not those that would be inferred
DECLARED = {"codes": "category", "codes of digits": "category", "long ids": "category", "a,b [m/s]*": "category"}


def _write_csv(name: str, rows: Sequence[Mapping[str, str]]) -> str:
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return name


def _write_json(name: str, rows: Sequence[Mapping[str, str]]) -> str:
    return write(name, "".join(json.dumps(row) + "\n" for row in rows))


def _write_parquet(name: str, rows: Sequence[Mapping[str, str]]) -> str:
    lines = _write_json("for_parquet.jsonl", rows)
    types = ", ".join(f"'{column}': 'VARCHAR'" for column in rows[0])
    duckdb.sql(f"COPY (SELECT * FROM read_json('{lines}', columns={{{types}}})) TO '{name}'")
    return name


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Source, Preprocessing, list[dict[str, str]]]:
    monkeypatch.chdir(tmp_path)
    rows = [dict(zip(COLUMNS, cells, strict=True)) for cells in zip(*COLUMNS.values(), strict=True)]
    path = _write_csv("train.csv", [{**row, "y": "uv"[i % 2]} for i, row in enumerate(rows)])
    dataset = opened({**table(path), "features": DECLARED})
    return Table(path=path, target="y"), Preprocessing.from_json(json.loads(json.dumps(dataset.preprocessing))), rows


def _prepared(source: Source, path: str, preprocessing: Preprocessing) -> tuple[np.ndarray, np.ndarray]:
    with prediction_rows.opened(source.at(path), preprocessing, [], Request(targets=False)) as samples:
        parts = [piece.samples for piece in samples.pieces()]
    return np.concatenate([part.features for part in parts]), np.concatenate([part.codes for part in parts])


def test_every_column_is_a_feature(trained: tuple[Source, Preprocessing, list[dict[str, str]]]):
    _, preprocessing, _ = trained
    assert {*preprocessing.columns} == {*COLUMNS}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_rows_alone_reversed_and_in_bulk(form: str, trained: tuple[Source, Preprocessing, list[dict[str, str]]]):
    source, preprocessing, rows = trained
    write_as = {"csv": _write_csv, "jsonl": _write_json, "parquet": _write_parquet}[form]
    features, codes = _prepared(source, "train.csv", preprocessing)
    backwards = _prepared(source, write_as(f"backwards.{form}", rows[::-1]), preprocessing)
    np.testing.assert_array_equal(backwards[0], features[::-1])
    np.testing.assert_array_equal(backwards[1], codes[::-1])
    for i in (0, 1, 2, 7, 31, ROWS - 1):
        alone = _prepared(source, write_as(f"alone.{form}", [rows[i]]), preprocessing)
        np.testing.assert_array_equal(alone[0], features[i : i + 1])
        np.testing.assert_array_equal(alone[1], codes[i : i + 1])


def test_rows_given_in_memory(trained: tuple[Source, Preprocessing, list[dict[str, str]]]):
    source, preprocessing, rows = trained
    features, codes = _prepared(source, "train.csv", preprocessing)
    given = Given(source, preprocessing)
    together = given.samples([given.read(rows)])
    one_by_one = given.samples([given.read([row]) for row in rows])
    by_column = given.samples([given.read({name: [row[name] for row in rows] for name in COLUMNS})])
    for samples in (together, one_by_one, by_column):
        np.testing.assert_array_equal(samples.features, features)
        np.testing.assert_array_equal(samples.codes, codes)
