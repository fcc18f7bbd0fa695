"""Windows that predict many steps: what they show ahead, how series are scaled, what is divided where, and leaks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.data.prediction import rows as prediction_rows
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.readers.outline import Request
from dltool.data.time_series.step import Step
from dltool.errors import InputError
from dltool.registry import registered
from tests.data.opening import opened, problems, write

PLAIN = {"split": {"validation": 0}, "scaling": "none", "target_scaling": "none"}
#: two shops of different size, fourteen days each; the price is known ahead
ROWS = [
    (day, shop, size * 10 + n * size, 50 - n, n % 7 == 5)
    for shop, size in (("a", 1), ("b", 100))
    for n, day in enumerate(np.arange("2024-01-01", "2024-01-15", dtype="datetime64[D]").astype(str))
]


def shops(rows: Any = ROWS, name: str = "shops.csv") -> str:
    lines = ["day,shop,sales,price,holiday", *(",".join(map(str, row)) for row in rows)]
    return write(name, "\n".join(lines) + "\n")


def windows(**fields: Any) -> dict[str, Any]:
    common = {"target": "sales", "length": 3, "horizon": 2, "steps": True, "time": "day", "group": "shop"}
    return {"windows": {"path": "shops.csv", **common, **fields}}


@pytest.fixture(autouse=True)
def _file() -> None:
    shops()


def test_several_targets_come_step_by_step():
    dataset = opened({**windows(target=["sales", "price"]), **PLAIN})
    assert dataset.signature.targets == ("sales+1", "price+1", "sales+2", "price+2")
    assert dataset.signature.known(dataset.parts["train"].targets)[0].tolist() == [13, 47, 14, 46]
    assert dataset.parts["train"].features[0].tolist() == [[10, 50], [11, 49], [12, 48]]


def test_what_is_known_ahead_is_shown_up_to_the_horizon_and_nothing_else():
    dataset = opened({**windows(known_ahead=["price"]), **PLAIN})
    assert dataset.parts["train"].features[0].tolist() == [[10, 50], [11, 49], [12, 48], [0, 47], [0, 46]]


def test_a_calendar_is_a_point_on_a_circle_for_each_row():
    (monday, *_, friday) = opened({**windows(calendar=["weekday"]), **PLAIN}).parts["train"].features[0][:, 1:]
    angle = 2 * np.pi * 4 / 7
    np.testing.assert_allclose([monday, friday], [[0, 1], [np.sin(angle), np.cos(angle)]], atol=1e-6)


def test_each_series_is_scaled_by_its_own_training_rows():
    split = {"validation": {"since": "2024-01-11"}}
    dataset = opened({**windows(known_ahead=["price"], calendar=["weekday"]), "split": split, "scaling": "per_series"})
    rows = np.arange(10) + 10.0  # of the first ten days
    for shop, size in enumerate((1, 100)):
        part = dataset.parts["train"]
        of_shop = part.targets[:, -1] == shop
        expected = (np.array([13, 14]) - rows.mean()) / rows.std()
        np.testing.assert_allclose(part.targets[of_shop][0, :2], expected, rtol=1e-5)
        np.testing.assert_allclose(part.features[of_shop][0, 2, 0], (12 - rows.mean()) / rows.std(), rtol=1e-5)
        assert (part.features[of_shop][:, 3:, 0] == 0).all()
        known = dataset.signature.known(part.targets[of_shop])
        np.testing.assert_allclose(known[0], [13 * size, 14 * size], rtol=1e-6)
    assert not np.isnan(dataset.parts["validation"].features).any()


def test_all_steps_of_a_column_share_one_scale_of_all_training_rows():
    scale = opened({**windows(), "split": {"validation": 0}}).signature.target_scale
    sales = np.array([row[2] for row in ROWS])
    np.testing.assert_allclose(scale.offset, [sales.mean()] * 2)
    np.testing.assert_allclose(scale.factor, [1 / sales.std()] * 2)


SPLITS: dict[str, dict[str, Any]] = {
    "shares": {"validation": 0.3, "test": 0.2},
    "dates": {"validation": {"since": "2024-01-09"}, "test": {"since": "2024-01-12"}},
    "a rolling origin": {"fold": {"number": 2, "of": 3}},
}


@pytest.mark.parametrize("split", SPLITS)
def test_the_future_does_not_leak(split: str):
    """Whatever comes behind the last training target changes nothing in the training part."""
    data = {"split": SPLITS[split], "scaling": "per_series"}
    before = opened({**windows(known_ahead=["price"]), **data})
    rows = {part: len(samples) for part, samples in before.parts.items()}
    assert all(rows.values())
    train = before.signature.known(before.parts["train"].targets)
    last = round(train[:, :2].max() / 100) - 10  # day of the last target of shop b
    later = [
        (day, shop, 9999, 9999, True) if n % 14 > last else (day, shop, sales, price, holiday)
        for n, (day, shop, sales, price, holiday) in enumerate(ROWS)
    ]
    data = {**data, **windows(known_ahead=["price"], path=shops(later, "later.csv"))}
    after = opened(data)
    assert {part: len(samples) for part, samples in after.parts.items()} == rows
    for name in ("features", "targets"):
        np.testing.assert_array_equal(getattr(after.parts["train"], name), getattr(before.parts["train"], name))
    assert after.preprocessing["target"] == before.preprocessing["target"]


def days_of(dataset: Any, part: str) -> list[int]:
    """The days of all targets of shop a, from 0."""
    samples = dataset.parts[part]
    known = dataset.signature.known(samples.targets)[samples.targets[:, -1] == 0]
    return sorted({round(value) - 10 for value in known.ravel()})


def test_parts_begin_at_their_dates_and_share_no_target():
    dataset = opened({**windows(until="2024-01-14"), **PLAIN, "split": SPLITS["dates"]})
    assert [days_of(dataset, part) for part in ("train", "validation", "test")] == [
        list(range(3, 8)),
        [8, 9, 10],
        [11, 12],
    ]


def test_rolling_origins_go_forward_and_train_on_what_is_before():
    found = []
    for number in (1, 2, 3):
        dataset = opened({**windows(), **PLAIN, "split": {"fold": {"number": number, "of": 3}}})
        train, validation = days_of(dataset, "train"), days_of(dataset, "validation")
        assert max(train) < min(validation)
        found.append((max(train), min(validation), max(validation)))
    assert found == sorted(found)
    assert found[-1][2] == 13


def ahead(
    preprocessing: Any, path: str, keep: tuple[str, ...] = (), **fields: Any
) -> tuple[np.ndarray, dict[str, Any], list[str]]:
    """The windows from which the future of a file is predicted, what is kept of each step, and notes."""
    source = registered("source")["windows"].model_validate(windows(**fields, path=path)["windows"])
    fitted = Preprocessing.from_json(preprocessing)
    with prediction_rows.opened(source, fitted, request=Request(targets=False, keep=keep)) as samples:
        (piece,) = samples.pieces()
        assert samples.horizon == 2
        return piece.samples.features, {name: cells.tolist() for name, cells in piece.kept.items()}, samples.notes


def test_the_future_of_each_series_begins_at_its_end():
    data = opened({**windows(), **PLAIN})
    shown, kept, _ = ahead(data.preprocessing, shops([row for row in ROWS if row[1] == "b" or row[0] < "2024-01-10"]))
    assert shown[:, :, 0].tolist() == [[16, 17, 18], [2100, 2200, 2300]]
    assert kept == {
        "last_row": ["9", "9", "23", "23"],
        "shop": ["a", "a", "b", "b"],
        "day": ["2024-01-10", "2024-01-11", "2024-01-15", "2024-01-16"],
        "step": ["1", "2", "1", "2"],
    }


def test_rows_of_the_future_give_what_is_known_ahead():
    fields: dict[str, Any] = {"known_ahead": ["price", "holiday"], "calendar": ["weekday"]}
    data = opened({**windows(**fields), **PLAIN})
    future = [(f"2024-01-{15 + n}", shop, "", 7 + n, n) for shop in "ab" for n in range(2)]
    shown, kept, _ = ahead(data.preprocessing, shops([*ROWS, *future]), **fields)
    assert shown[0][:, :3].tolist() == [[21, 39, 0], [22, 38, 1], [23, 37, 0], [0, 7, 0], [0, 8, 1]]
    assert kept["day"] == ["2024-01-15", "2024-01-16"] * 2
    np.testing.assert_allclose(shown[0][3, 3:], [0, 1], atol=1e-6)  # a Monday


def test_kept_cells_are_those_of_the_future_rows():
    data = opened({**windows(), **PLAIN})
    future = [("2024-01-15", "a", "", 7, 1), ("2024-01-15", "b", "", 8, 0), ("2024-01-16", "b", "", 9, 1)]
    _, kept, _ = ahead(data.preprocessing, shops([*ROWS, *future]), keep=("sales", "price", "shop"))
    assert kept["shop"] == ["a", "a", "b", "b"]
    assert kept["price"] == ["7", None, "8", "9"]
    assert kept["sales"] == [None] * 4


def test_a_row_that_fills_a_gap_has_no_cells_to_keep():
    fields: dict[str, Any] = {"gaps": "fill"}
    data = opened({**windows(**fields), **PLAIN})
    rows = [*ROWS[:14], ("2024-01-16", "a", "", 7, 1)]
    _, kept, _ = ahead(data.preprocessing, shops(rows), keep=("price",), **fields)
    assert (kept["day"], kept["price"]) == (["2024-01-15", "2024-01-16"], [None, "7"])


@pytest.mark.parametrize(("offset", "first"), [("", "2024-01-15"), ("T01:00+02:00", "2024-01-14 23:00:00Z")])
def test_times_that_were_converted_to_utc_say_so(offset: str, first: str):
    path = shops([(row[0] + offset, *row[1:]) for row in ROWS])
    data = opened({**windows(), **PLAIN})
    assert ahead(data.preprocessing, path)[1]["day"][0] == first


def test_a_series_that_is_too_short_is_named():
    data = opened({**windows(), **PLAIN})
    rows = [*ROWS, ("2024-01-01", "c", 1, 1, 0)]
    shown, _, notes = ahead(data.preprocessing, shops(rows, "more.csv"))
    assert len(shown) == 2
    assert notes[-1] == ("more.csv: 1 series do not end with 3 rows in a row, so nothing is predicted for them: 'c'")


STEPS: dict[str, tuple[list[str], list[str], int]] = {
    "hours": (["2024-03-01T00", "2024-03-01T01", "2024-03-01T02"], ["2024-03-01T03", "2024-03-01T04"], 24),
    "quarters of an hour": (["2024-03-01T00:00", "2024-03-01T00:15"], ["2024-03-01T00:30", "2024-03-01T00:45"], 96),
    "weekdays": (["2024-02-28", "2024-02-29", "2024-03-01"], ["2024-03-04", "2024-03-05"], 5),
    "days of a weekend": (["2024-03-01", "2024-03-02", "2024-03-03"], ["2024-03-04", "2024-03-05"], 7),
    "weeks": (["2024-02-22", "2024-02-29"], ["2024-03-07", "2024-03-14"], 52),
    "months": (["2024-01-01", "2024-02-01", "2024-03-01"], ["2024-04-01", "2024-05-01"], 12),
    "ends of months": (["2023-12-31", "2024-01-31"], ["2024-02-29", "2024-03-31"], 12),
    "quarters": (["2024-01-15", "2024-04-15"], ["2024-07-15", "2024-10-15"], 4),
    "years": (["2023-01-01", "2024-01-01"], ["2025-01-01", "2026-01-01"], 1),
}


@pytest.mark.parametrize("kind", STEPS)
def test_times_go_on_at_the_step_of_the_series(kind: str):
    given, expected, season = STEPS[kind]
    times = np.array(given, "datetime64[us]")
    step = Step.usual(times, np.ones(len(times) - 1, bool))
    following = step.after(np.repeat(times[-1], 2), np.array([1, 2]))
    np.testing.assert_array_equal(following, np.array(expected, "datetime64[us]"))
    assert step.season == season


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "windows longer than the series": (
        {"length": 20},
        "shops.csv: data.windows: 28 rows, of which at most 14 follow each other, are too few for one window of 20"
        " and a horizon of 2",
    ),
    "a horizon past the end": (
        {"horizon": 12},
        "shops.csv: data.windows: 28 rows, of which at most 14 follow each other, are too few for one window of 3 and a"
        " horizon of 12",
    ),
    "cells that are no numbers": (
        {"target": ["sales", "shop"], "group": None, "repeats": "keep"},
        "shops.csv:2: data.windows: column 'shop' holds 'a', where a number is needed",
    ),
    "a column that is not there": (
        {"known_ahead": ["prize"]},
        "shops.csv: data.windows.known_ahead: no column 'prize'; did you mean 'price'?",
    ),
    "a number too large for float32": (
        {"columns": ["sales", "price"], "path": "huge.csv"},
        "huge.csv:4: data.windows: column 'price' holds 1e300, too large for float32",
    ),
    "gaps everywhere": (
        {"path": "gaps.csv", "length": 5},
        "gaps.csv: data.windows: 14 rows, of which at most 4 follow each other, are too few for one window of 5 and a"
        " horizon of 2; to let windows cross gaps: gaps: keep, or gaps: fill",
    ),
    "empty cells everywhere": (
        {"path": "empty.csv"},
        "empty.csv: data.windows: no window of 3 rows and a horizon of 2 is without an empty cell; there are some in 4"
        " rows, the first at empty.csv:5; to repeat the number before: empty: previous",
    ),
    "two rows for a time of a series": (
        {"path": "twice.csv"},
        "twice.csv:16: data.windows: 2024-01-14 in 'day' is repeated; name another column that tells the series apart"
        " (group), or which row to keep (repeats: first or last)",
    ),
    "two rows for a time": (
        {"group": None},
        "shops.csv:16: data.windows: 2024-01-01 in 'day' is repeated, and 13 more rows like it; name the column that"
        " identifies the series (group), or which row to keep (repeats: first or last)",
    ),
    "a date that is none": (
        {"until": "soon"},
        "shops.csv: data.windows.until: 'soon' is no time; write one like 2024-01-01",
    ),
    "a date without one": (
        {"until": "NaT"},
        "shops.csv: data.windows.until: 'NaT' is no time; write one like 2024-01-01",
    ),
    "everything left out": (
        {"until": "2024-01-03"},
        "shops.csv: data.windows: no window of 3 rows and a horizon of 2 is before 2024-01-03 (until); the times are"
        " from 2024-01-01 to 2024-01-14",
    ),
    "a calendar of numbers": (
        {"time": "price", "calendar": ["hour"], "group": "shop"},
        "shops.csv: data.windows: 'calendar' needs dates, column 'price' holds numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(fault: str):
    fields, line = FAULTS[fault]
    shops([(*row[:3], "1e300", row[4]) if n == 2 else row for n, row in enumerate(ROWS)], "huge.csv")
    shops([row for n, row in enumerate(ROWS[:17]) if n % 5 != 4], "gaps.csv")
    shops([(*row[:2], "", *row[3:]) if n % 4 == 3 else row for n, row in enumerate(ROWS[:17])], "empty.csv")
    shops([*ROWS[:14], ROWS[13], *ROWS[14:]], "twice.csv")
    assert problems({**windows(**fields), **PLAIN}) == [line]


OF_PARTS: dict[str, tuple[dict[str, Any], str]] = {
    "a part without a window": (
        {"split": {"test": {"since": "2024-02-01"}, "validation": 0}},
        "data.split.test.since: no window has all its targets in this part; the first targets are at 2024-01-04 to"
        " 2024-01-13",
    ),
    "too many origins": (
        {"split": {"fold": {"number": 1, "of": 40}}},
        "data.split.fold: 20 samples cannot be divided by 40 origins",
    ),
    "dates in a table": (
        {"table": {"path": "shops.csv", "target": "sales"}, "split": {"test": {"since": "2024-01-10"}}},
        "data.split: 'since' needs a time series with times; for a table: split: {time: COLUMN} with a share; for"
        " windows, name the column of times: time",
    ),
    "classes of a series": (
        {"split": {"validation": 0.2, "stratify": True}},
        "data.split.stratify: samples of a time series are always divided by time, not by class",
    ),
    "series in a table": (
        {"table": {"path": "shops.csv", "target": "sales"}, "target_scaling": "per_series"},
        "data.target_scaling: per_series needs windows of time series; for one scale for all samples: standard",
    ),
}


@pytest.mark.parametrize("fault", OF_PARTS)
def test_faults_of_parts(fault: str):
    data, line = OF_PARTS[fault]
    shops()
    assert problems({**({} if "table" in data else windows()), **data}) == [line]


def test_a_series_without_a_scale_is_refused():
    rows = [row for row in ROWS if row[1] == "a"]
    data = opened({**windows(path=shops(rows, "a.csv")), "split": {"validation": 0}, "scaling": "per_series"})
    line = "shops.csv:29: the series of this row was not trained on, and scaling: per_series knows only 'a'"
    with pytest.raises(InputError) as error:
        ahead(data.preprocessing, shops(), group="shop")
    assert [str(problem) for problem in error.value.problems] == [line]


UNKNOWN = "must be given for the 2 rows behind it, and"
ENDS: dict[str, tuple[list[Any], dict[str, Any], str]] = {
    "nothing is known ahead": (
        ROWS,
        {"known_ahead": ["price"]},
        f"shops.csv:15: series 'a' ends here at 2024-01-14; 'price' {UNKNOWN} are for 0: add rows in which only what is"
        " known ahead is filled in",
    ),
    "one step is known ahead": (
        [*ROWS, ("2024-01-15", "a", "", 1, 0), ("2024-01-16", "a", "", "", 0)],
        {"known_ahead": ["price"]},
        f"shops.csv:15: series 'a' ends here at 2024-01-14; 'price' {UNKNOWN} is for 1: add rows in which only what is"
        " known ahead is filled in",
    ),
    "all series too short": (
        [row for row in ROWS if row[0] < "2024-01-03"],
        {},
        "shops.csv: no series ends with 3 rows in a row, as a window needs",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_future_that_cannot_be_predicted(end: str):
    rows, fields, line = ENDS[end]
    data = opened({**windows(**fields), **PLAIN})
    with pytest.raises(InputError) as error:
        ahead(data.preprocessing, shops(rows), **fields)
    assert [str(problem) for problem in error.value.problems] == [line]
