"""`dltool compare`: metrics side by side, differences of configs, curves on one page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import dltool
from dltool.cli.main import main
from tests.training.runs import CLASSIFIER


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    changes = {"a": {}, "b": {"train__epochs": 2}, "c": {"optimizer": {"sgd": {"lr": 0.001}}}}
    for name, changed in changes.items():
        dltool.train(CLASSIFIER, run_dir=f"runs/{name}", progress=False, **changed)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(["compare", *arguments]) == code
    out, err = capsys.readouterr()
    return err if code else out


def test_runs_side_by_side(capsys: pytest.CaptureFixture[str]):
    lines = [line.split() for line in told(capsys, "runs/a", "runs/b").splitlines()]
    rows = {line[0]: line[1:] for line in lines if line}
    assert rows["run"] == ["runs/a", "runs/b"]
    assert rows["state"] == ["finished", "finished"]
    assert rows["train.epochs"] == ["3", "2"]
    assert "optimizer" not in rows
    assert rows["page"] == ["compare.html"]
    listed = [name for name in rows if "." in name]
    assert listed.index("test.loss") < listed.index("validation.loss") < listed.index("train.loss")

    found = json.loads(told(capsys, "runs", "--json", "-o", "all.html"))
    assert [run["run"] for run in found["runs"]] == ["runs/a", "runs/b", "runs/c"]
    assert found["runs"][2]["config"] == {"optimizer": "sgd", "train.epochs": "3"}
    losses = [run["metrics"]["validation.loss"] for run in found["runs"]]
    table = told(capsys, "runs", "-o", "all.html")
    (line,) = (line for line in table.splitlines() if line.strip().startswith("validation.loss"))
    best = re.sub(r"\* +", "*", line).split()[1:]
    assert [cell.startswith("*") for cell in best] == [loss == min(losses) for loss in losses]


def test_the_page_has_every_curve_of_every_run(capsys: pytest.CaptureFixture[str]):
    told(capsys, "runs/a", "runs/b", "runs/c")
    page = Path("compare.html").read_text()
    charts = page.split("<figure>")[1:]
    assert [re.findall(r"<b>([\w.]+)</b>", chart)[0] for chart in charts] == [
        "validation.loss",
        "validation.accuracy",
        "train.loss",
        "train.accuracy",
    ]
    for chart in charts:
        lines = re.findall(r'<polyline points="([^"]+)" class="line (run-\d)"', chart)
        assert [(len(points.split()), style) for points, style in lines] == [(3, "run-0"), (2, "run-1"), (3, "run-2")]
    assert '<th scope="row">train.epochs</th><td>3</td><td>2</td><td>3</td>' in page
    told(capsys, "runs/a", "runs/b")  # a page of ours is replaced


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["runs/a"], ["runs/a: one run alone cannot be compared; give at least two, or a folder of runs"]),
        (["runs/a", "runs/a"], ["runs/a: one run alone cannot be compared; give at least two, or a folder of runs"]),
        (
            ["runs/aa", "nothing", "runs/b"],
            [
                "runs/aa: is not a run directory; did you mean 'runs/a'?",
                "nothing: is not a run directory, such as runs/digits",
            ],
        ),
        (["runs/a", "empty"], ["empty: there is no run in this folder or below it"]),
        (["runs", "-o", "page.pdf"], ["page.pdf: the page is written as HTML; choose a name that ends in .html"]),
        (["runs", "-o", "no/page.html"], ["no: there is no such folder; make it first"]),
        (["runs"], ["compare.html: exists, and is no page of dltool; choose another name: -o FILE"]),
    ],
)
def test_what_cannot_be_compared(capsys: pytest.CaptureFixture[str], arguments: list[str], lines: list[str]):
    Path("empty").mkdir()
    Path("compare.html").write_text("<p>my own notes</p>")
    assert told(capsys, *arguments, code=2).splitlines() == [f"error: {line}" for line in lines]
    assert Path("compare.html").read_text() == "<p>my own notes</p>"


def test_a_run_without_epochs_or_with_an_old_config(capsys: pytest.CaptureFixture[str]):
    Path("runs/b/metrics.jsonl").write_text("")
    config = Path("runs/c/config.yaml")
    config.write_text(config.read_text() + "retired: 3\n")
    lines = [line.split() for line in told(capsys, "runs").splitlines()]
    rows = {line[0]: line[1:] for line in lines if line}
    assert rows["state"] == ["finished", "unfinished", "finished"]
    assert rows["epochs"] == ["3", "0", "3"]
    assert rows["retired"] == ["3"]
