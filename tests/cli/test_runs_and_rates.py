"""`dltool runs`, `dltool lr-find` and `dltool doctor` as a user meets them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import dltool
from dltool.cli.commands.doctor import EXTRAS
from dltool.cli.main import main
from tests.training.runs import CLASSIFIER, write_config

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def runs() -> None:
    for name, changes in {"a": {}, "b": {"train__epochs": 2}, "c": {"optimizer": {"sgd": {"lr": 0.5}}}}.items():
        dltool.train(CLASSIFIER, run_dir=f"runs/{name}", progress=False, **changes)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == code
    out, err = capsys.readouterr()
    return err if code else out


def names(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    return [row["run"] for row in json.loads(told(capsys, "runs", "--json", *arguments))]


@pytest.mark.usefixtures("runs")
def test_runs(capsys: pytest.CaptureFixture[str]):
    table = told(capsys, "runs").splitlines()
    assert table[0] == "3 runs in runs"
    for column in ("run", "state", "epochs", "best", "time", "test.accuracy", "train.epochs", "optimizer"):
        assert column in table[1].split()
    assert [line.split()[:3] for line in table[2:5]] == [
        ["a", "finished", "3"],
        ["b", "finished", "2"],
        ["c", "finished", "3"],
    ]
    assert "sgd" in table[4]
    lines = told(capsys, "runs", "--columns", "run,train.epochs").splitlines()
    assert [line.split() for line in lines[2:5]] == [["a", "3"], ["b", "2"], ["c", "3"]]
    assert names(capsys, "--sort", "train.epochs") == ["b", "a", "c"]
    assert names(capsys, "--sort=-run") == ["c", "b", "a"]
    assert names(capsys, "--where", "train.epochs>2") == ["a", "c"]
    assert names(capsys, "--where", "state=finished", "--where", "run!=a") == ["b", "c"]
    assert names(capsys, "--where", "optimizer=sgd") == ["c"]
    assert names(capsys, "--where", "train.loss<0") == []
    assert told(capsys, "runs", "--where", "train.loss<0") == "no run meets these conditions\n"
    best = max(json.loads(told(capsys, "runs", "--json")), key=lambda row: row["validation.accuracy"])
    assert names(capsys, "--sort=-validation.accuracy")[0] == best["run"]


@pytest.mark.usefixtures("runs")
def test_runs_that_are_broken_or_unfinished(capsys: pytest.CaptureFixture[str]):
    Path("runs/a/config.yaml").write_text("loss: [")
    Path("runs/b/metrics.jsonl").write_text('{"kind": "epoch", "epoch": 1')
    rows = {row["run"]: row for row in json.loads(told(capsys, "runs", "--json"))}
    assert rows["a"]["state"] == "finished"
    assert (rows["b"]["state"], rows["b"]["epochs"]) == ("unfinished", 0)
    assert "3 runs in runs" in told(capsys, "runs")


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run"], "error: run: no such folder; did you mean 'runs'?"),
        (["runs/a/checkpoints"], "error: runs/a/checkpoints: there are no runs in this folder or below it"),
        (
            ["--sort", "validation.acuracy"],
            "error: no run has 'validation.acuracy'; did you mean 'validation.accuracy'?",
        ),
        (["--columns", "xyz"], "error: no run has 'xyz'; allowed: began, best, epochs, "),
        (["--where", "accuracy"], "error: --where 'accuracy': a condition such as"),
        (["--where", "train.loss>high"], "error: --where 'train.loss>high': 'train.loss' is a number, 'high' is not"),
    ],
)
def test_mistakes_with_runs(capsys: pytest.CaptureFixture[str], arguments: list[str], line: str):
    assert told(capsys, "runs", *arguments, code=2).startswith(line)


def test_a_learning_rate_is_found_shown_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = Path("digits.yaml")
    config.write_text((ROOT / "configs" / "digits.yaml").read_text())
    Path("datasets").symlink_to(ROOT / "datasets")
    before = config.read_text()
    found = json.loads(told(capsys, "lr-find", "digits.yaml", "--json"))
    assert found["current"] == 0.003
    assert 3e-4 < found["suggestion"] < 0.03
    assert config.read_text() == before
    text = told(capsys, "lr-find", "digits.yaml", "--write", "-o", "rates.html")
    assert f"suggested  optimizer.adam.lr: {found['suggestion']:g}\n" in text
    assert config.read_text() == before.replace("lr: 0.003", f"lr: {found['suggestion']:g}")
    assert "<polyline" in Path("rates.html").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["datasets", "digits.yaml", "rates.html"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["small.yml"], "error: small.yml: no such file; did you mean small.yaml?"),
        (
            ["small.yaml", "--low", "1", "--high", "0.1"],
            "error: --low and --high: expected 0 < low < high, got 1 and",
        ),
        (["small.yaml", "-o", "rates.png"], "error: rates.png: the page is written as HTML; choose a name that ends"),
        (["small.yaml", "-o", "no/rates.html"], "error: no: there is no such folder; make it first"),
        (["small.yaml", "-o", "small.yaml/rates.html"], "error: small.yaml: is a file, not a folder"),
        (["small.yaml", "--set", "los=mse"], "error: --set los=mse: los: unknown key; did you mean 'loss'?"),
        (["small.yaml", "--low", "1e-30", "--high", "1e-25", "--write"], "error: small.yaml: is left as it is, since"),
    ],
)
def test_mistakes_with_learning_rates(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: Any, line: str):
    write_config(tmp_path)
    assert told(capsys, "lr-find", *arguments, code=2).startswith(line)


def test_doctor(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = json.loads(told(capsys, "doctor", "--json"))
    about = {one["name"]: one["found"] for one in found["machine"]}
    assert {"system", "processor", "cores", "vector units", "bfloat16", "memory", "versions"} == about.keys()
    assert f"dltool {dltool.__version__}" in about["versions"]
    file = tmp_path / "a file"
    file.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert (
        f"problem: cache: {file}/dltool is not writable (not a directory); set XDG_CACHE_HOME to a folder that is"
        in out
    )


def test_doctor_knows_all_extras():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert EXTRAS.keys() == project["optional-dependencies"].keys() - {"test"}
