"""What `dltool init` makes of tables of times and one number: windows, whatever the order of the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.proposal.proposal import Wishes
from dltool.proposal.proposing import propose
from tests.proposal.samples import days, table

DAYS = days(60)
LEVEL = (50 + 10 * np.sin(np.arange(60) / 5)).round(2)
PLAIN = list(zip(DAYS, LEVEL.tolist(), strict=True))
SHOPS = [(day, shop, size * level) for day, level in PLAIN for shop, size in (("a", 1), ("b", 5), ("c", 9))]
GAPPED = [row for number, row in enumerate(PLAIN) if number not in (10, 11)]
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
    names = ("day", "shop", "level") if len(rows[0]) == 3 else ("day", "level")
    assert main(["init", _written(rows, *names), "-o", "c.yaml"]) == 0
    written = yaml.safe_load(Path("c.yaml").read_text())["data"]["windows"]
    horizon = min(7, fields["length"] // 2)
    season = {"season": 7} if fields["length"] >= 7 else {}
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
