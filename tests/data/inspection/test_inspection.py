"""What `dltool check` finds in data: each odd thing in one line, and nothing where nothing is odd."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.cli.main import main

ROWS = 400
_random = np.random.default_rng(3)
X, Y, NOISE = _random.normal(size=(3, ROWS)).round(6)
KIND = np.where(X + 0.5 * NOISE > 0, "good", "bad")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(cells: Mapping[str, Any], target: str, task: str, *, data: str = "") -> str:
    lines = [",".join(cells), *(",".join(map(str, row)) for row in zip(*cells.values(), strict=True))]
    Path("t.csv").write_text("\n".join(lines) + "\n")
    loss, units = ("mse", "targets") if task == "numbers" else ("cross_entropy", "classes")
    Path("c.yaml").write_text(
        f"data:\n  table: {{path: t.csv, target: {target}, task: {task}}}\n{data}\n"
        f"model: [{{dense: {units}}}]\nloss: {loss}\n"
    )
    return "c.yaml"


def findings(config: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["check", config, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    return [f"{f['severity']}: {f['path']}: {f['message']}" for f in found if f["path"] != "data"]


@pytest.mark.parametrize(
    ("cells", "target", "task", "line"),
    [
        ({"x": X, "y": Y, "kind": KIND}, "kind", "classes", None),
        ({"x": X, "y": Y, "price": X + NOISE}, "price", "numbers", None),
        (
            {"x": X, "same": [1] * ROWS, "kind": KIND}, "kind", "classes",
            "warning: column 'same': the same in all rows; leave the column out: exclude: [same]",
        ),
        (
            {"row": range(1, ROWS + 1), "x": X, "kind": KIND}, "kind", "classes",
            "warning: column 'row': numbers the rows; leave the column out: exclude: [row]",
        ),
        (
            {"user_id": _random.permutation(ROWS) * 7, "x": X, "kind": KIND}, "kind", "classes",
            "warning: column 'user_id': a different number in almost every row: it only names rows; leave the column"
            " out: exclude: [user_id]",
        ),
        (
            {"x": X, "verdict": KIND, "kind": KIND}, "kind", "classes",
            "warning: column 'verdict': equals the target; unless it is known at prediction time,"
            " leave it out: exclude: [verdict]",
        ),
        (
            {"x": X, "code": np.where(KIND == "good", 3, 4), "kind": KIND}, "kind", "classes",
            "warning: column 'code': determines the target: each of its 2 values goes with a single one; unless it is"
            " known at prediction time, leave it out: exclude: [code]",
        ),
        (
            {"x": X, "y": Y, "total": X + Y}, "total", "numbers",
            "warning: columns 'x', 'y': together are the target: x + y; unless it is known at prediction time,"
            " leave it out: exclude: [x, y]",
        ),
        (
            {"x": np.where(np.arange(ROWS) % 40, X.round(1), -999), "kind": KIND}, "kind", "classes",
            "warning: column 'x': -999 stands in 10 rows, and LOW is the next number; if that means a missing value,"
            " add it to the source's 'missing'",
        ),
        (
            {"x": X, "kind": np.where(np.arange(ROWS) < 2, "rare", KIND)}, "kind", "classes",
            "warning: target: fewer than 5 rows to train on have 'rare'; merge such classes, or collect more of them",
        ),
        (
            {"x": X, "price": np.where(np.arange(ROWS) == 7, 1e9, NOISE)}, "price", "numbers",
            "warning: price: 18 standard deviations from the mean at t.csv:9; is it right?",
        ),
    ],
)  # fmt: skip
def test_findings(
    cells: Mapping[str, Any], target: str, task: str, line: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    lowest = f"{X.round(1)[np.arange(ROWS) % 40 > 0].min():g}"
    found = findings(written(cells, target, task), capsys)
    assert [each for each in found if "also in the train part" not in each] == (
        [line.replace("LOW", lowest)] if line else []
    )


def test_rows_in_two_parts(capsys: pytest.CaptureFixture[str]) -> None:
    cells = {"x": np.tile(X[: ROWS // 2], 2), "kind": np.tile(KIND[: ROWS // 2], 2)}
    config = written(cells, "kind", "classes", data="  split: {validation: {last: 100}, test: {first: 100}}")
    advice = "remove repeated rows, or keep those that belong together in one part: split: {group: COLUMN}"
    assert findings(config, capsys) == [
        f"warning: data.split: 100 rows of the {part} part (100.0%) also in the train part; {advice}"
        for part in ("validation", "test")
    ]


def test_small_and_one_valued_parts(capsys: pytest.CaptureFixture[str]) -> None:
    cells = {"x": X, "price": np.where(np.arange(ROWS) < ROWS - 20, NOISE, 5.0)}
    config = written(cells, "price", "numbers", data="  split: {validation: {last: 20}}")
    assert findings(config, capsys) == [
        "warning: price: the same number in all rows of the validation part; nothing can be learned or measured there",
        "note: data.split: only 20 rows in the validation part",
    ]


def test_the_data_part(capsys: pytest.CaptureFixture[str]) -> None:
    colour = np.resize(["red", "red", "green", ""], ROWS)
    config = written({"x": X, "colour": colour, "kind": KIND}, "kind", "classes")
    assert main(["check", config]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert f"x number numeric: 1 number {len(set(X))} {X.min():.6g} … {X.max():.6g}" in lines
    assert "colour text category: one-hot of 4 25 % 2 red 50 %, green 25 %" in lines
    assert main(["check", config, "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["columns"][1] == {
        "name": "colour",
        "kind": "text",
        "feature": "category: one-hot of 4",
        "missing": 0.25,
        "distinct": 2,
        "values": "red 50 %, green 25 %",
    }
    assert {part: sum(counts.values()) for part, counts in checked["class_rows"].items()} == checked["rows"]


def test_check_of_digits_takes_a_moment_and_no_kernels(capsys: pytest.CaptureFixture[str]) -> None:
    digits = Path(__file__).parents[3] / "configs" / "digits.yaml"
    assert (
        main(["check", str(digits), "--set", f"data.table.path={digits.parents[1]}/datasets/digits/digits.csv.gz"]) == 0
    )
    assert "warning: column 'pixel_0_0': the same in all rows" in capsys.readouterr().out


@pytest.mark.parametrize(("turned", "split"), [(1, "{last: 80}"), (-1, "{last: 80}"), (-1, "0.2")])
def test_the_last_rows_of_a_table_with_the_newest_first(turned: int, split: str, capsys: pytest.CaptureFixture[str]):
    days = [str(np.datetime64("2020-01-01") + day) for day in range(ROWS)][::turned]
    config = written({"day": days, "x": X, "y": Y}, "y", "numbers", data=f"  split: {{validation: {split}}}")
    line = (
        "warning: data.split.validation: the newest rows by 'day' come first, so the last rows are the oldest; for the"
        " latest ones: {time: day} with a share"
    )
    assert (line in findings(config, capsys)) == (turned == -1 and split != "0.2")


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("", "t.csv:5: column 'w' has no value; every row to train on needs a weight of 0 or more"),
        ("-1", "t.csv:5: column 'w' holds -1; every row to train on needs a weight of 0 or more"),
        ("inf", "t.csv:5: column 'w' holds inf; every row to train on needs a weight of 0 or more"),
    ],
)
def test_weights_are_checked_and_are_no_input(cell: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{i % 7},{i % 5},{i % 3 + 1},{'ab'[i % 2]}" for i in range(60)]
    config = """
data: {table: {path: t.csv, target: y}}
model: [{dense: {units: classes}}]
loss: cross_entropy
optimizer: sgd
train: {epochs: 1, batch_size: 10, sampling: {weights: w}}
"""
    Path("c.yaml").write_text(config)
    Path("t.csv").write_text("\n".join(["a,b,w,y", *rows]) + "\n")
    assert main(["check", "c.yaml"]) == 0
    assert "2 inputs" in capsys.readouterr().out
    rows[3] = f"3,3,{cell},b"
    Path("t.csv").write_text("\n".join(["a,b,w,y", *rows]) + "\n")
    assert main(["check", "c.yaml"]) == 2
    assert told in capsys.readouterr().err


def test_check_refuses_an_infinite_cell_as_training_does(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{'1e999' if i == 3 else i % 7},{i % 5},{'ab'[i % 2]}" for i in range(60)]
    Path("t.csv").write_text("\n".join(["a,b,y", *rows]) + "\n")
    config = "data: {table: {path: t.csv, target: y}}\nmodel: [{dense: {units: classes}}]\nloss: cross_entropy\n"
    Path("c.yaml").write_text(config + "optimizer: sgd\ntrain: {epochs: 1, batch_size: 10}\n")
    told = []
    for command in (["check", "c.yaml"], ["train", "c.yaml"]):
        assert main(command) == 2
        told.append(capsys.readouterr().err)
    assert told[0] == told[1]
    assert "t.csv:5: data.table: column 'a' is infinite" in told[0]


@pytest.mark.parametrize(("feature", "told"), [("category", 1), ("tokens: character", 0), ("text", 0)])
def test_only_a_category_needs_words_that_return(feature: str, told: int, capsys: pytest.CaptureFixture[str]):
    config = written({"code": [f"k{row}" for row in range(ROWS)], "kind": KIND}, "kind", "classes")
    layers = "{embedding: 4}, {gru: 4}, " if "tokens" in feature else ""
    text = Path(config).read_text().replace("model: [", f"model: [{layers}")
    Path(config).write_text(text.replace("\n\n", f"\n  features: {{code: {{{feature}}}}}\n"))
    assert len([line for line in findings(config, capsys) if "almost every row" in line]) == told


def test_a_constant_series_is_told_once_for_all_steps(capsys: pytest.CaptureFixture[str]):
    Path("s.csv").write_text("sales,heat\n" + "".join(f"5,{n % 7}\n" for n in range(200)))
    Path("c.yaml").write_text(
        "data:\n  windows: {path: s.csv, target: [sales, heat], length: 4, horizon: 8, steps: true}\n"
        "  split: {validation: 0.2}\nmodel: [flatten, {dense: targets}]\nloss: mse\n"
    )
    assert [line for line in findings("c.yaml", capsys) if "same number" in line] == [
        "warning: sales: the same number in all rows of the train and validation parts; nothing can be learned or"
        " measured there"
    ]
    assert main(["check", "c.yaml"]) == 0
    assert "data.split.group" not in capsys.readouterr().out
