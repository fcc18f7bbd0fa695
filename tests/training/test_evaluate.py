"""`dltool eval` on parts and on other files: figures of every task, beside baselines, and calibration."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main

from .tables import FEATURES, KINDS, samples, table

#: keys of the result beside those that all have
DETAILS = {
    "classes": {"classes", "confusion_matrix", "per_class", "calibration"},
    "two classes": {"classes", "confusion_matrix", "per_class", "calibration"},
    "number": {"per_target"},
    "numbers": {"per_target"},
    "multilabel": {"per_label", "calibration"},
}
METRICS = {
    "classes": {"accuracy"},
    "two classes": {"accuracy"},
    "number": {"mae", "rmse", "r2"},
    "numbers": {"mae", "rmse", "r2"},
    "multilabel": {"accuracy", "exact_match", "f1"},
}
COMMON = {
    "checkpoint", "name", "epoch", "step", "part", "data", "rows", "loss", "metrics", "baselines", "remark",
    "compile_seconds", "positive_class", "warnings",
}  # fmt: skip


def evaluated(capsys, *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["eval", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_found(workplace, capsys, kind):
    found = evaluated(capsys, f"runs/{kind}", "known.csv")
    assert found.keys() == COMMON | DETAILS[kind]
    assert found["metrics"].keys() == METRICS[kind]
    assert (found["part"], found["data"], found["rows"]) == (None, ["known.csv"], 50)
    assert found["baselines"].keys() == {"trivial", "linear"}
    for figures in found["baselines"].values():
        assert figures.keys() == METRICS[kind]
    if "calibration" in found:
        answers = sum(one["rows"] for one in found["calibration"]["bins"])
        assert answers == (100 if kind == "multilabel" else 50)
        assert 0 <= found["calibration"]["expected_calibration_error"] <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_do_not_matter(workplace, capsys, monkeypatch, kind):
    whole = evaluated(capsys, f"runs/{kind}", "known.csv")
    monkeypatch.setattr("dltool.data.prediction.rows.ROWS", 7)
    assert _flat(evaluated(capsys, f"runs/{kind}", "known.csv")) == pytest.approx(_flat(whole), rel=1e-5)


def _flat(found: Any, path: str = "") -> dict[str, float]:
    """All numbers, by where they stand; times are left out."""
    if isinstance(found, dict):
        return {k: v for key, value in found.items() for k, v in _flat(value, f"{path}.{key}").items()}
    if isinstance(found, list):
        return {k: v for key, value in enumerate(found) for k, v in _flat(value, f"{path}.{key}").items()}
    return {path: found} if isinstance(found, int | float) and "compile" not in path else {}


def test_baselines_are_textbook_figures(workplace, capsys):
    found = evaluated(capsys, "runs/classes", "known.csv")
    with open("known.csv") as known, open("classes.csv") as trained:
        true = [row["kind"] for row in csv.DictReader(known)]
        before = [row["kind"] for row in csv.DictReader(trained)]
    most_frequent = max(set(before), key=before.count)
    assert found["baselines"]["trivial"]["accuracy"] == pytest.approx(np.mean([kind == most_frequent for kind in true]))
    found = evaluated(capsys, "runs/number", "known.csv")
    prices, known_prices = samples(0)["price"], samples(1, 50)["price"]
    rmse = np.sqrt(np.mean((known_prices - prices.mean()) ** 2))
    assert found["baselines"]["trivial"]["rmse"] == pytest.approx(rmse, rel=0.01)  # 4 in 5 rows were trained on
    assert found["baselines"]["linear"]["rmse"] < 0.9 * rmse


def test_several_files_are_one_set(workplace, capsys):
    one = evaluated(capsys, "runs/number", "known.csv")
    two = evaluated(capsys, "runs/number", "known.csv", "known.csv")
    assert two["rows"] == 100
    assert two["metrics"] == pytest.approx(one["metrics"])


def test_parts(workplace, capsys):
    rows = {part: evaluated(capsys, "runs/classes", "--part", part)["rows"] for part in ("train", "validation")}
    assert rows == {"train": 96, "validation": 24}
    assert evaluated(capsys, "runs/classes")["part"] == "validation"


def test_rows_without_a_target_are_refused(workplace, capsys):
    lines = Path("known.csv").read_text().splitlines()
    Path("gaps.csv").write_text("\n".join([*lines[:11], *(line[: line.rindex(",")] + "," for line in lines[11:21])]))
    assert main(["eval", "runs/multilabel", "gaps.csv"]) == 2
    assert capsys.readouterr().err.startswith("error: gaps.csv:12: column 'hard' has no value")


def test_rows_without_a_target_are_left_out_where_that_is_so_in_training(workplace, capsys):
    config = {"table": {"path": "known.csv", "target": "kind", "columns": ["a", "b"], "missing_target": "drop"}}
    Path("drop.yaml").write_text(
        yaml.safe_dump({"data": config, "model": [{"dense": "classes"}], "loss": "cross_entropy"})
    )
    assert main(["train", "drop.yaml", "--run-dir", "drop", "--quiet"]) == 0
    data = samples(1, 50)
    table("gaps.csv", {**data, "kind": [kind if row < 30 else "" for row, kind in enumerate(data["kind"])]})
    table("full.csv", {name: values[:30] for name, values in data.items()})
    gaps, full = (evaluated(capsys, "drop", name) for name in ("gaps.csv", "full.csv"))
    assert gaps["rows"] == 30
    assert gaps["metrics"] == full["metrics"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shown(workplace, capsys, kind):
    assert main(["eval", f"runs/{kind}", "known.csv"]) == 0
    out = capsys.readouterr().out
    assert "known.csv, 50 rows: loss " in out
    assert "against baselines" in out
    assert ("calibration of the probability of" in out) == ("calibration" in DETAILS[kind])
    tables = {"classes": "per class", "two classes": "per class", "multilabel": "per label", "numbers": "per target"}
    if kind in tables:
        assert tables[kind] in out


BAD = {
    "a part and files": (["known.csv", "--part", "test"], "--part refers to the run's own data"),
    "no such part": (["--part", "tset"], "--part: the data has no tset part; it has: train, validation"),
    "no target": (["new.csv"], "new.csv: no column 'kind'"),
    "no such file": (["knwon.csv"], "no file 'knwon.csv'; did you mean 'known.csv'?"),
    "another class": (["other.csv"], "other.csv:2: 'awful' is not a class of the training data"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused_with_one_line(workplace, capsys, name):
    table("other.csv", {**{column: samples(1, 2)[column] for column in FEATURES}, "kind": ["awful", "fair"]})
    arguments, message = BAD[name]
    assert main(["eval", "runs/classes", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert error.count("\n") == 1
