"""What `dltool init` makes of tables of times and one number: windows, whatever the order of the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.errors import InputError
from dltool.proposal.proposal import Wishes
from dltool.proposal.proposing import propose
from tests.proposal.samples import days, table

DAYS = days(60)
LEVEL = (50 + 10 * np.sin(np.arange(60) / 5)).round(2)
PLAIN = list(zip(DAYS, LEVEL.tolist(), strict=True))
SHOPS = [(day, shop, size * level) for day, level in PLAIN for shop, size in (("a", 1), ("b", 5), ("c", 9))]
GAPPED = [row for number, row in enumerate(PLAIN) if number not in (10, 11)]
SHOPS_CLOSED = [
    (day, shop, size * level, n % 7 > 4) for n, (day, level) in enumerate(PLAIN) for shop, size in (("a", 1), ("b", 5))
]
FULL_OF_GAPS = [row for number, row in enumerate(PLAIN) if number % 6]

CASES: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "oldest first": (PLAIN, {"time": "day", "length": 12}),
    "newest first": (PLAIN[::-1], {"time": "day", "length": 12}),
    "groups among each other": (SHOPS, {"group": "shop", "time": "day", "length": 12}),
    "groups, newest first": (SHOPS[::-1], {"group": "shop", "time": "day", "length": 12}),
    "groups one after the other": (
        sorted(SHOPS, key=lambda row: row[1]),
        {"group": "shop", "time": "day", "length": 12},
    ),
    "days that stand twice": ([*PLAIN, *PLAIN[:4]], {"time": "day", "repeats": "last", "length": 12}),
    "some gaps": (GAPPED, {"time": "day", "length": 11}),
    "more gaps than windows": (FULL_OF_GAPS, {"time": "day", "length": 10, "gaps": "keep", "empty": "previous"}),
    "a column of holidays": (SHOPS_CLOSED, {"group": "shop", "time": "day", "length": 12}),
    "a shop that opened late": (
        [row for row in SHOPS if row[1] == "a" or row[0] > DAYS[39]],
        {"group": "shop", "time": "day", "length": 6},
    ),
    "days that are numbers": (
        [
            (number, shop, level)
            for number in range(1, 61)
            for shop, level in (("a", number % 7 + 0.5), ("b", number % 5))
        ],
        {"group": "shop", "time": "day", "length": 12, "season": None},
    ),
    "words among the numbers": (
        [(day, "oops" if n in (20, 21) else level) for n, (day, level) in enumerate(PLAIN)],
        {"time": "day", "length": 12, "types": {"level": {"number": {"missing": ["oops"]}}}},
    ),
    "empty cells": ([(day, "" if day == DAYS[9] else level) for day, level in PLAIN], {"time": "day", "length": 12}),
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _written(rows: list[Any], *names: str) -> str:
    return table("level.csv", dict(zip(names, zip(*rows, strict=True), strict=True)))


@pytest.mark.parametrize("case", CASES)
def test_series_become_windows_that_train(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows, fields = CASES[case]
    names = {2: ("day", "level"), 3: ("day", "shop", "level"), 4: ("day", "shop", "level", "closed")}[len(rows[0])]
    assert main(["init", _written(rows, *names), "--target", "level", "-o", "c.yaml"]) == 0
    written = yaml.safe_load(Path("c.yaml").read_text())["data"]["windows"]
    horizon = min(7, fields["length"] // 2)
    season = {"season": 7} if fields["length"] >= 7 and "season" not in fields else {}
    fields = {name: value for name, value in fields.items() if value}
    assert written == {"path": "level.csv", "target": "level", "horizon": horizon, "steps": True, **season, **fields}
    capsys.readouterr()
    assert main(["train", "c.yaml", "--quiet", "--set", "train.epochs=1"]) == 0


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (
            ("day", "weather", "level"),
            [(day, "wet" if n % 3 else "dry", level) for n, (day, level) in enumerate(PLAIN)],
        ),
        (("day", "shop", "level"), [(DAYS[n % 20], "ab"[n % 2], n * n) for n in range(200)]),
        (("day", "size", "level"), [(day, n * n % 61 + 0.5, level) for n, (day, level) in enumerate(PLAIN)]),
    ],
    ids=["one row for each time", "many sales a day", "another number"],
)
def test_other_tables_with_a_time_stay_tables(names: tuple[str, ...], rows: list[Any]) -> None:
    assert "table" in propose(_written(rows, *names), Wishes()).config["data"]


@pytest.mark.parametrize("turned", [1, -1])
def test_a_table_is_divided_by_time_from_either_end(turned: int) -> None:
    rows = [(day, n * n % 61 + 0.5, level) for n, (day, level) in enumerate(PLAIN)]
    split = propose(_written(rows[::turned], "day", "size", "level"), Wishes()).config["data"]["split"]
    assert split["time"] == "day"


def test_several_targets_are_forecast_together_a_day_ahead():
    hours = [f"{one}:00" for one in np.arange("2024-01-01T00", "2024-02-01T00", dtype="datetime64[h]")]
    rows = [(hour, n % 24 + n * n % 7 / 3, n % 24 * n % 5 / 7) for n, hour in enumerate(hours)]
    proposal = propose(_written(rows, "hour", "load", "heat"), Wishes(target=("load", "heat")))
    fields = proposal.config["data"]["windows"]
    assert fields["target"] == ["load", "heat"]
    assert (fields["length"], fields["horizon"], fields["steps"], fields["season"]) == (48, 24, True, 24)
    assert ("baselines", "the last value, the season of 24 rows, a linear model") in proposal.inferred


@pytest.mark.parametrize(
    ("name", "times", "fields"),
    [
        ("t", range(1950, 2020), {"length": 12, "horizon": 1}),
        ("year", [*range(1950, 1960), *range(1961, 2021)], {"length": 12, "horizon": 1}),
        (
            "stamp",
            range(1_640_995_200, 1_640_995_200 + 400 * 3600, 3600),
            {"types": {"stamp": {"date": "epoch"}}, "length": 48, "horizon": 24, "steps": True, "season": 24},
        ),
        (
            "quarter",
            [f"{1990 + n // 4}-{1 + n % 4 * 3:02}-01" for n in range(120)],
            {"length": 20, "horizon": 4, "steps": True, "season": 4},
        ),
    ],
)
def test_times_of_other_kinds(name: str, times: Any, fields: dict[str, Any]) -> None:
    rows = [(time, round(float(np.sin(n / 3)) + n * n % 7 / 10, 3)) for n, time in enumerate(times)]
    found = propose(_written(rows, name, "y"), Wishes()).config["data"]["windows"]
    assert found == {"path": "level.csv", "target": "y", "time": name, **fields}


def test_words_among_the_numbers_to_predict_are_told_with_their_line() -> None:
    rows = [(day, "oops" if n in (20, 21) else level) for n, (day, level) in enumerate(PLAIN)]
    found = propose(_written(rows, "day", "level"), Wishes(target=("level",)))
    assert "note: column 'level': taken as missing values: 'oops' in 2 rows (first: level.csv:22)" in map(
        str, found.findings
    )
    rows = [(day, f"oops{n}" if n % 9 == 4 else level) for n, (day, level) in enumerate(PLAIN * 2)]
    with pytest.raises(InputError) as error:
        propose(_written(rows, "day", "level"), Wishes(target=("level",)))
    assert str(error.value).splitlines()[0] == (
        "level.csv:6: column 'level' holds 'oops4', where most cells are numbers; correct it"
    )


def test_an_empty_date_is_said_to_keep_rows_from_being_a_series() -> None:
    rows = [("" if n == 30 else day, level) for n, (day, level) in enumerate(PLAIN)]
    found = propose(_written(rows, "day", "level"), Wishes())
    assert "table" in found.config["data"]
    assert [str(one) for one in found.findings if "no date" in str(one)] == [
        "warning: column 'day': no date in 1 row (first: level.csv:32), so rows are drawn at random, not by time; fill"
        " it in, or remove such rows, and run init again"
    ]


def test_what_is_no_key_of_the_series_is_left_out() -> None:
    names = ("day", "shop", "level", "closed")
    found = propose(_written(SHOPS_CLOSED, *names), Wishes(target=("level",)))
    assert ("left out", "'closed': where it is known before it happens, list it in known_ahead") in found.inferred
