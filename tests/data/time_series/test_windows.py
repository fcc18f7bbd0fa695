"""Windows of series whose rows are in any order, with groups among each other, gaps, repeated times and empty cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.data.prediction import rows as prediction_rows
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.readers.outline import Request
from dltool.registry import registered
from tests.data.opening import opened, problems, write

PLAIN = {"split": {"validation": 0}, "scaling": "none", "target_scaling": "none"}


def day(number: int) -> str:
    return str(np.datetime64("2020-01-01") + number)


def series(rows: list[tuple[Any, ...]], header: str = "date,n") -> str:
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    return write("series.csv", "\n".join(lines) + "\n")


def windows(**fields: Any) -> dict[str, Any]:
    return {"windows": {"path": "series.csv", "target": "n", "length": 2, "time": "date", **fields}}


def cut(**fields: Any) -> tuple[list[Any], list[Any], list[str]]:
    """What the windows show, their targets, and the notes on them."""
    dataset = opened({**windows(**fields), **PLAIN})
    part = dataset.parts["train"]
    notes = [note for note in dataset.notes if "float32" not in note]
    return part.features[:, :, 0].tolist(), part.targets[:, 0].tolist(), notes


SHOPS = [(day(t), shop, 100 * i + t) for t in range(20) for i, shop in enumerate("abc")]
ORDERS = {
    "by date": SHOPS,
    "newest first": SHOPS[::-1],
    "by group": sorted(SHOPS, key=lambda row: row[1]),
    "by month": sorted(SHOPS, key=lambda row: (row[0][:9], row[1])),
    "at random": [SHOPS[i] for i in np.random.default_rng(0).permutation(len(SHOPS))],
}


@pytest.mark.parametrize("order", ORDERS)
def test_groups_are_gathered_and_put_in_order(order: str):
    data = {**windows(group="shop"), "split": {"validation": 0.2, "test": 0.2}, "scaling": "standard"}
    series(SHOPS, "date,shop,n")
    expected = opened(data)
    series(ORDERS[order], "date,shop,n")
    found = opened(data)
    assert found.signature.rows == {"train": 32, "validation": 11, "test": 11}
    for part, samples in found.parts.items():
        np.testing.assert_array_equal(samples.features, expected.parts[part].features)
        np.testing.assert_array_equal(samples.targets, expected.parts[part].targets)
    shown, targets, _ = cut(group="shop")
    whole = np.column_stack([shown, targets])
    assert (np.diff(whole, axis=1) == 1).all()
    assert len(whole) == 3 * 18


@pytest.mark.parametrize("order", ORDERS)
def test_what_is_predicted_follows_the_file_and_names_group_and_time(order: str):
    rows = ORDERS[order]
    series(rows, "date,shop,n")
    source = registered("source")["windows"].model_validate(windows(group="shop")["windows"])
    with source.open([], Request(targets=False, keep=("n",))) as reader:
        (shown,) = reader.read({})
        kept = reader.kept(0, len(shown))
        assert list(kept) == ["last_row", "shop", "date", "n"]
        numbers = kept["last_row"].astype(int)
        assert (np.diff(numbers) > 0).all()
        assert len(numbers) == 3 * 19
        for window, number, *cells in zip(shown, *(column.tolist() for column in kept.values()), strict=True):
            date, shop, n = rows[int(number) - 1]
            assert cells == [shop, date, str(n)]
            assert window[:, 0].tolist() == [n - 1, n]
        assert reader.places([0, 5]) == [f"series.csv:{numbers[0] + 1}", f"series.csv:{numbers[5] + 1}"]


def test_groups_of_several_columns():
    rows = [
        (day(t), shop, item, 100 * i + 10 * j + t)
        for t in range(4)
        for i, shop in enumerate("ab")
        for j, item in enumerate("xy")
    ]
    series(rows, "date,shop,item,n")
    shown, targets, _ = cut(group=["shop", "item"])
    assert targets == [base + t for base in (0, 10, 100, 110) for t in (2, 3)]
    assert [window[-1] + 1 for window in shown] == targets


GAPPED = [(day(t), t) for t in (0, 1, 2, 3, 6, 7, 8)]
GAP = "series.csv:6: 1 gap in 'date', where 2 steps of 1 day are missing, from 2020-01-04 to 2020-01-07"
TWICE = [(day(t), n) for t, n in ((0, 0), (1, 1), (1, 9), (2, 2), (3, 3))]
AGAIN = "series.csv:4: 2020-01-02 in 'date' is repeated"
HOLES = [(day(t), "" if t in (2, 6) else t) for t in range(9)]
HOLE = "series.csv:4: column 'n' is empty there, and 1 more cell like it"

RULES: dict[str, tuple[list[tuple[Any, ...]], dict[str, Any], list[Any], list[Any], list[str]]] = {
    "gaps split": (
        GAPPED, {}, [[0, 1], [1, 2], [6, 7]], [2, 3, 8], [f"{GAP}: no window crosses them (gaps: split)"],
    ),
    "gaps kept": (
        GAPPED, {"gaps": "keep"}, [[0, 1], [1, 2], [2, 3], [3, 6], [6, 7]], [2, 3, 6, 7, 8],
        [f"{GAP}: windows cross them (gaps: keep)"],
    ),
    "gaps filled": (
        GAPPED, {"gaps": "fill"}, [[0, 1], [1, 2], [3, 3], [3, 6], [6, 7]], [2, 3, 6, 7, 8],
        [f"{GAP}: the row before fills them (gaps: fill)"],
    ),
    "the first counts": (TWICE, {"repeats": "first"}, [[0, 1], [1, 2]], [2, 3], [f"{AGAIN} (repeats: first)"]),
    "the last counts": (TWICE, {"repeats": "last"}, [[0, 9], [9, 2]], [2, 3], [f"{AGAIN} (repeats: last)"]),
    "both count": (
        TWICE, {"repeats": "keep"}, [[0, 1], [1, 9], [9, 2]], [9, 2, 3], [f"{AGAIN} (repeats: keep)"],
    ),
    "empty cells split": (HOLES, {}, [[3, 4]], [5], [f"{HOLE}: no window contains one (empty: split)"]),
    "the number before": (
        HOLES, {"empty": "previous"}, [[1, 1], [1, 3], [3, 4], [5, 5], [5, 7]], [3, 4, 5, 7, 8],
        [f"{HOLE}: the number before is repeated, but never as a target (empty: previous)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_rules(rule: str):
    rows, fields, shown, targets, notes = RULES[rule]
    series(rows)
    assert cut(**fields) == (shown, targets, notes)
    if rows is not TWICE:  # of these, which row is the first follows from the file
        series(rows[::-1])
        assert cut(**fields)[:2] == (shown, targets)


def steps(unit: str, numbers: Any) -> list[Any]:
    return [str(np.datetime64("2020-01-06", unit) + int(n)) for n in numbers]


WEEKDAYS = [str(each) for each in np.arange("2020-01-06", "2020-03-06", dtype="datetime64[D]") if np.is_busday(each)]
REGULAR: dict[str, list[Any]] = {
    "days": steps("D", range(40)),
    "hours": [f"{one}:00" for one in steps("h", range(40))],
    "months": [f"{one}-01" for one in steps("M", range(40))],
    "quarters": [f"{one}-01" for one in steps("M", range(0, 80, 3))],
    "years": [f"{one}-01-01" for one in steps("Y", range(40))],
    "weekdays": [one for one in WEEKDAYS if one != "2020-01-20"],
    "numbers": [0.1 * n for n in range(40)],
    "days as numbers": [one.replace("-", "") for one in steps("D", range(60))],
    "months as numbers": [one.replace("-", "") for one in steps("M", range(40))],
    "years as numbers": list(range(1980, 2020)),
    "seconds": [1_700_000_000 + 60 * n for n in range(40)],
}


@pytest.mark.parametrize("kind", REGULAR)
def test_regular_times_have_no_gaps_but_where_some_are_missing(kind: str):
    times = REGULAR[kind]
    series(list(zip(times, range(len(times)), strict=True)))
    assert not [note for note in cut()[2] if "gap" in note]
    missing = [*times[:8], *times[13:]]
    series(list(zip(missing, range(len(missing)), strict=True)))
    (note,) = [note for note in cut()[2] if "gap" in note]
    assert note.startswith("series.csv:10: 1 gap in 'date'")


def test_irregular_times_are_said_to_be():
    times = np.cumsum(np.random.default_rng(0).exponential(100, 60)).round(3)
    series([(time, n) for n, time in enumerate(times)])
    shown, _, notes = cut()
    assert len(shown) == 58
    assert notes[0] == "times in 'date' are irregular, so gaps cannot be detected"


def test_what_a_gap_is_does_not_depend_on_the_file():
    series([(day(t), t) for t in range(30)])
    fitted = opened({**windows(), **PLAIN}).preprocessing
    series([(day(t), t) for t in (0, 1, 4, 5, 8, 9, 12, 13)])  # by itself, steps of 3 days are usual here
    source = registered("source")["windows"].model_validate(windows()["windows"])
    with prediction_rows.opened(source, Preprocessing.from_json(fitted), request=Request(targets=False)) as samples:
        (piece,) = samples.pieces()
        assert piece.kept["last_row"].tolist() == ["2", "4", "6", "8"]
        assert samples.notes[0].startswith("series.csv:4: 3 gaps in 'date', where 6 steps of 1 day are missing")


@pytest.mark.parametrize(
    ("rows", "fields", "note"),
    [
        (
            [(day(t), t) for t in range(9)][::-1],
            {},
            "series.csv:3: column 'date' decreases there and in 7 more rows; order rows by it: time: date",
        ),
        (
            [(day(t), t) for t in range(9) for _ in "ab"],
            {},
            "series.csv:3: column 'date' repeats there and in 8 more rows; is the group missing?",
        ),
        (GAPPED, {}, f"{GAP}: windows cross gaps; time: date avoids that"),
    ],
)
def test_without_a_time_the_order_is_that_of_the_file_and_doubts_are_told(rows: Any, fields: Any, note: str):
    series(rows)
    shown, _, notes = cut(time=None, **fields)
    assert np.array(shown)[:, 0].tolist() == [row[1] for row in rows[: len(shown)]]
    assert notes[0] == note


def test_series_too_short_are_named():
    series([*SHOPS, (day(0), "d", 1), (day(0), "e", 1)], "date,shop,n")
    assert "series.csv: 2 series too short for a window: 'd', 'e'" in cut(group="shop")[2]


def test_a_target_that_is_not_shown_need_not_be_there_to_predict():
    series([(day(t), t, 2 * t) for t in range(9)], "date,a,b")
    source = registered("source")["windows"].model_validate(windows(columns=["a"], target="n")["windows"])
    with source.open([], Request(targets=False)) as reader:
        assert reader.outline.rows == 8
        assert reader.outline.notes == (
            "series.csv: 1 of 9 rows are not the end of a window of 2, so nothing is predicted from them",
        )


FAULTS: dict[str, tuple[list[tuple[Any, ...]], dict[str, Any], str]] = {
    "a gap": (GAPPED, {"gaps": "refuse"}, GAP.replace(": 1", ": data.windows: 1", 1) + " (gaps: refuse)"),
    "a time twice": (
        TWICE,
        {},
        AGAIN.replace(": 2020", ": data.windows: 2020", 1)
        + "; name the column that identifies the series (group), or which row to keep (repeats: first or last)",
    ),
    "an empty cell": (
        HOLES,
        {"empty": "refuse"},
        "series.csv:4: data.windows: column 'n' has no number here, and 1 more cell like it; let no window contain"
        " one (empty: split), or repeat the number before (empty: previous)",
    ),
    "no time": (
        [(day(0), 1), ("", 2), (day(2), 3)],
        {},
        "series.csv:3: data.windows: column 'date' has no value; time needs one in every row",
    ),
    "a time that is none": (
        [*((day(t), t) for t in range(6)), ("soon", 6)],
        {},
        "series.csv:8: data.windows: column 'date' holds 'soon', where most cells are like '2020-01-01'; time takes"
        " dates or numbers",
    ),
    "too few in a row": (
        [(day(t), t) for t in (0, 1, 4, 5, 8, 9, 10, 11, 12, 13)],
        {"length": 6},
        "series.csv: data.windows: 10 rows, of which at most 6 follow each other, are too few for one window of 6 and a"
        " horizon of 1; to let windows cross gaps: gaps: keep, or gaps: fill",
    ),
    "divided by a column": (
        GAPPED,
        {"split": {"time": "date"}},
        "data.split: samples of a time series are always divided by time, not by a column",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(fault: str):
    rows, fields, line = FAULTS[fault]
    series(rows)
    own = {name: value for name, value in fields.items() if name != "split"}
    assert problems({**windows(**own), "split": fields.get("split", {"validation": 0})}) == [line]


def test_a_group_that_is_missing_is_named():
    series([*SHOPS[:5], (day(9), "", 1), *SHOPS[5:]], "date,shop,n")
    line = "series.csv:7: data.windows: column 'shop' has no value; group needs one in every row"
    assert problems({**windows(group="shop"), **PLAIN}) == [line]
