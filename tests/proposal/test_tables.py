"""What is inferred about tables: how they are to be read, what becomes of columns, which is the target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.proposal.proposal import Proposal, Wishes
from dltool.proposal.proposing import propose
from tests.proposal.samples import columns, days, random, table

MANY = 3000


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def proposed(cells: Mapping[str, Any], *target: str) -> Proposal:
    return propose(table("t.csv", cells), Wishes(target))


def source(proposal: Proposal) -> dict[str, Any]:
    return proposal.config["data"]["table"]


_random = random(5)
X = _random.normal(size=MANY).round(4)


@pytest.mark.parametrize(
    ("cells", "feature"),
    [
        (X, {"numeric": {"quantiles": True}}),
        (np.where(X > 0, 0, 1), "numeric"),
        (_random.integers(1, 8, MANY), "category"),
        (_random.integers(0, 300, MANY), {"numeric": {"quantiles": True}}),
        (np.array(["a", "b"])[(X > 0).astype(int)], "category"),
        (np.array(["true", "false"])[(X > 0).astype(int)], "boolean"),
        ([f"w{number}" for number in _random.integers(0, 1500, MANY)], {"category": {"min_count": 3}}),
        ([f"{number:.3f} is what this row says" for number in X], {"tokens": {"vocabulary": "word", "size": 20_000}}),
        ((days(1500) * 2)[:MANY], "date"),
        (["3,5" if x > 0 else "1,25" for x in X], "numeric"),
        (np.where(X > 2, "n.a.", np.round(X, 2).astype(str)), {"numeric": {"quantiles": True}}),
    ],
)  # fmt: skip
def test_features(cells: Any, feature: Any) -> None:
    proposal = proposed({"a": cells, "x": X, "kind": np.array(["no", "yes"])[_random.integers(0, 2, MANY)]}, "kind")
    assert proposal.config["data"]["features"]["a"] == feature


def test_a_text_has_a_branch_beside_other_columns() -> None:
    texts = [f"{number:.3f} is what this row says" for number in X]
    kinds = np.array(["no", "yes"])[(X > 0).astype(int)]
    config = proposed({"t": texts, "x": X, "kind": kinds}, "kind").config
    parallel = config["model"][0]
    text, others = parallel["parallel"]["branches"]
    assert [text[:2], others[0]] == [[{"columns": "t"}, {"embedding": 128}], {"columns": ["x"]}]
    assert parallel["parallel"]["merge"] == "concat"
    assert config["train"]["epochs"] == 20
    proposal = proposed({"t": texts, "x": X, "kind": kinds}, "kind")
    network = "gru and convolutions of 64 over t + dense 64 over the others → classes"
    assert dict(proposal.inferred)["network"].startswith(network)
    proposal = proposed({"t": texts, "kind": kinds}, "kind")
    config = proposal.config
    assert [next(iter(layer)) for layer in config["model"]] == ["embedding", "dropout", "parallel", "dropout", "dense"]
    assert [next(iter(branch[0])) for branch in config["model"][2]["parallel"]["branches"]] == [
        "gru", "conv1d", "conv1d",
    ]  # fmt: skip
    assert dict(proposal.inferred)["network"].startswith("gru and convolutions of 64 → classes, sized for")
    few = proposed({"t": texts[:1000], "x": X[:1000], "kind": kinds[:1000]}, "kind").config
    assert few["data"]["features"]["t"] == {"text": {"words": 50_000, "ngrams": 2}}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["x"] * MANY, "the same in all rows"),
        ([""] * MANY, "empty"),
        (range(7, 7 + MANY), "numbers the rows"),
        (_random.permutation(MANY), "a different number in almost every row: it only names rows"),
        ([f"k{row}" for row in range(MANY)], "a different word in almost every row"),
        (X, "leak: equals the target"),
        (np.exp(3 * X), "leak: puts all rows in the order of the target"),
    ],
)
def test_left_out(cells: Any, reason: str) -> None:
    proposal = proposed({"a": cells, "b": _random.normal(size=MANY), "price": X}, "price")
    assert source(proposal)["exclude"] == ["a"]
    assert ("left out", f"'a': {reason}") in proposal.inferred
    assert "a" not in proposal.config["data"].get("features", {})


def test_a_sum_that_is_the_target_is_left_out() -> None:
    parts = {"casual": _random.integers(0, 90, MANY), "member": _random.integers(0, 900, MANY)}
    proposal = proposed({"day": X, **parts, "all": parts["casual"] + parts["member"]})
    assert source(proposal)["exclude"] == ["casual", "member"]
    assert ("left out", "'casual': leak: together are the target: casual + member") in proposal.inferred


def test_a_leak_stays_where_nothing_else_is_left() -> None:
    proposal = proposed({"a": X, "b": 2 * X + 1})
    assert "exclude" not in source(proposal)
    assert [str(finding) for finding in proposal.findings] == [
        "warning: column 'a': is almost the target itself: correlation 1.000000; if it is not known at prediction"
        " time, leave it out; it is kept, since no other column would be left"
    ]


@pytest.mark.parametrize(
    ("cells", "asked", "target", "task"),
    [
        ({"x": X, "target": X > 0, "z": X}, (), "target", "classes"),
        ({"x": X, "Class": np.where(X > 0, "a", "b")}, (), "Class", "classes"),
        ({"x": X, "b": X**2}, (), "b", "numbers"),
        ({"kind": np.where(X > 0, "a", "b"), "at": days(MANY)}, ("kind",), "kind", "classes"),
        ({"x": X, "stars": _random.integers(1, 6, MANY)}, (), "stars", "classes"),
        ({"x": X, "age": _random.integers(1, 60, MANY)}, (), "age", "numbers"),
        ({"x": X, "won": np.where(X > 0, "1.0", "0.0")}, (), "won", "classes"),
        ({"x": X, "one": X > 0, "two": X > 1}, ("one", "two"), ["one", "two"], "multilabel"),
        ({"x": X, "one": X**2, "two": X**3}, ("one", "two"), ["one", "two"], "numbers"),
    ],
)  # fmt: skip
def test_targets(cells: Mapping[str, Any], asked: tuple[str, ...], target: Any, task: str) -> None:
    proposal = proposed({"c": _random.integers(0, 300, MANY), **cells}, *asked)
    assert source(proposal)["target"] == target
    assert dict(proposal.inferred)["task"].startswith(f"{task}: ")


def test_rows_without_a_target_are_dropped() -> None:
    kind = np.where(X > 0, "a", "b")
    kind[:30] = ""
    assert source(proposed({"x": X, "kind": kind}))["missing_target"] == "drop"


def test_rows_in_the_order_of_time_are_divided_by_it() -> None:
    cells = {"day": np.repeat(days(MANY // 2), 2), "x": X, "price": 3 * X + _random.normal(size=MANY)}
    assert proposed(cells).config["data"]["split"] == {"validation": 0.15, "test": 0.15, "time": "day"}
    cells["day"] = _random.permutation(cells["day"])
    proposal = proposed(cells)
    assert proposal.config["data"]["split"] == {"validation": 0.15, "test": 0.15}
    assert [str(finding) for finding in proposal.findings] == [
        "note: to measure how well later rows are predicted from earlier ones: data.split: {time: day}"
    ]


def test_rows_of_one_person_call_for_groups() -> None:
    cells = {"patient_id": _random.integers(0, 500, MANY), "x": X, "price": 3 * X + _random.normal(size=MANY)}
    assert [str(finding) for finding in proposed(cells).findings] == [
        "note: if rows of one 'patient_id' belong together, keep them in one part: data.split: {group: patient_id}"
    ]


PLAIN = "".join(f"{size},{colour},{kind}\n" for size, colour, kind in zip(*columns().values(), strict=True))


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (f"size,colour,kind\n{PLAIN}".encode(), {}),
        (PLAIN.encode(), {"header": False}),
        (f"120,2,small,large\n{PLAIN}".encode(), {"skip": 1, "header": False}),
        (f"made by hand\nin two lines\nsize,colour,kind\n{PLAIN}".encode(), {"skip": 2}),
        (f"größe,colour,kind\n{PLAIN}".encode("latin-1"), {"encoding": "latin-1"}),
        (f"size,colour,kind\n{PLAIN}".encode("utf-16"), {"encoding": "utf-16"}),
    ],
    ids=str,
)
def test_how_a_table_is_read(content: bytes, fields: dict[str, Any]) -> None:
    Path("t.csv").write_bytes(content)
    assert {key: v for key, v in source(propose("t.csv", Wishes())).items() if key not in ("path", "target")} == fields


def test_words_taken_for_names_are_a_row() -> None:
    Path("t.csv").write_text("red,small\n" + "".join(f"{colour},{kind}\n" for _, colour, kind in
                                                      zip(*columns().values(), strict=True)))  # fmt: skip
    assert source(propose("t.csv", Wishes())) == {"path": "t.csv", "header": False, "target": "column1"}


def test_words_among_numbers_are_missing_values() -> None:
    cells = columns()
    cells["size"] = np.where(np.arange(120) % 11, cells["size"].astype(str), "unknown")
    assert source(proposed(cells))["types"] == {"size": {"number": {"missing": ["unknown"]}}}


def test_another_file_calls_classes_a_little_differently() -> None:
    table("train.csv", columns())
    table("test.csv", {**columns(40), "kind": [f" {kind.upper()}." for kind in columns(40)["kind"]]})
    proposal = propose("train.csv", Wishes(), "test.csv")
    test = proposal.config["data"]["test"]["table"]
    assert test["rename_labels"] == {"SMALL.": "small", "LARGE.": "large"}
    table("test.csv", {**columns(40), "kind": ["huge"] * 40})
    proposal = propose("train.csv", Wishes(), "test.csv")
    assert "warning: test.csv: the class 'huge' is not in the training data" in map(str, proposal.findings)


def test_many_numbers_share_a_line() -> None:
    numbers = {f"x{i}": _random.normal(size=MANY) for i in range(20)}
    features = proposed({**numbers, "colour": np.resize(["a", "b"], MANY), "price": X}).config["data"]["features"]
    assert features == {"colour": "category", "*": {"numeric": {"quantiles": True}}}


LONG = 1234567890123456700


@pytest.mark.parametrize(
    ("cells", "feature", "told"),
    [
        (LONG + _random.integers(0, 8, MANY), "category", "more than 15 digits are taken as names"),
        (np.array(["1E2", "1E0", "3E5"])[_random.integers(0, 3, MANY)], "category", "digits around an E"),
        (np.array(["007", "1E0", "3"])[_random.integers(0, 3, MANY)], "category", "digits that begin with 0"),
        (20210101 + _random.integers(0, 28, MANY), "category", "dates written as %Y%m%d"),
        (1_600_000_000 + _random.integers(0, 10**6, MANY), None, "seconds since 1970"),
        (np.where(np.arange(MANY) == 7, "inf", X.astype(str)), None, "taken as missing values: 'inf' in 1 row"),
    ],
)
def test_numbers_that_may_be_something_else_are_told(cells: Any, feature: str | None, told: str) -> None:
    proposal = proposed({"a": cells, "x": X, "kind": np.array(["no", "yes"])[_random.integers(0, 2, MANY)]}, "kind")
    assert proposal.config["data"]["features"]["a"] == (feature or {"numeric": {"quantiles": True}})
    assert [told in str(finding) for finding in proposal.findings] == [True]


def test_infinite_targets_are_left_out() -> None:
    proposal = proposed({"a": X, "y": np.where(np.arange(MANY) % 1000 == 7, "-inf", (X**2).astype(str))})
    assert source(proposal) == {
        "path": "t.csv",
        "types": {"y": {"number": {"missing": ["-inf"]}}},
        "target": "y",
        "missing_target": "drop",
    }
