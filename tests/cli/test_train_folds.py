"""`dltool train --folds`: every fold is a run of its own, figures are summed up, and a stop leaves what is finished."""

from __future__ import annotations

import json
import os
import signal
import statistics
from pathlib import Path
from typing import Any

import pytest
import yaml

from dltool.cli.commands import train_folds as cli
from dltool.cli.main import main
from tests.training.runs import RunDirectory, assert_equal_runs, write_config

DATA = {"synthetic": {"features": 5, "classes": 3, "rows": 90}, "split": {"test": 0.1}}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return str(write_config(tmp_path, {"data": DATA}))


def test_folds_are_told_one_by_one_and_summed_up(config: str, capsys: pytest.CaptureFixture[str]):
    assert main(["train", config, "--folds", "3"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in out if line.startswith("fold ")] == ["fold 1/3", "fold 2/3", "fold 3/3"]
    assert (
        sum(line.startswith("small, fold 2 of 3: 75 parameters, rows: 54 train, 27 validation, 9 test") for line in out)
        == 1
    )
    summary = json.loads(Path("runs/small/folds.json").read_text())
    losses = [fold["validation"]["loss"] for fold in summary["folds"]]
    assert len(set(losses)) == 3
    assert summary["mean"]["validation"]["loss"] == pytest.approx(statistics.fmean(losses))
    assert summary["standard_deviation"]["validation"]["loss"] == pytest.approx(statistics.stdev(losses))
    assert summary["mean"]["test"].keys() == {"loss", "accuracy"}
    mean, deviation = (summary[name]["validation"]["accuracy"] for name in ("mean", "standard_deviation"))
    assert f"{mean:.4f} ± {deviation:.4f}" in out[-4]
    assert out[-2:] == ["folds      runs/small/folds.json", "next       dltool eval runs/small/fold-1"]


def test_a_note_is_told_once(config: str, capsys: pytest.CaptureFixture[str]):
    assert main(["train", config, "--folds", "2", "--set", "compat=torch", "--set", "model+=softmax"]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if "softmax is applied twice" in line]
    assert len(notes) == 1


def test_a_fold_can_be_trained_alone(config: str, capsys: pytest.CaptureFixture[str]):
    assert main(["train", config, "--folds", "2", "--quiet", "--run-dir", "all"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("2 folds: validation loss ")
    assert line.endswith(" · all/folds.json")
    kept = yaml.safe_load(Path("all/fold-2/config.yaml").read_text())
    assert kept["data"]["split"]["fold"] == {"number": 2, "of": 2}
    assert main(["train", "all/fold-2/config.yaml", "--run-dir", "alone"]) == 0
    assert_equal_runs(RunDirectory(Path("all/fold-2")), RunDirectory(Path("alone")))


def test_folds_as_json(config: str, capsys: pytest.CaptureFixture[str]):
    assert main(["train", config, "--folds", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(Path("runs/small/folds.json").read_text())


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_stop_leaves_finished_folds_and_one_to_go_on_with(
    config: str, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    trained = cli.run_watched
    calls: list[Any] = []
    stops: list[None] = []

    def stopped_in_the_second(job: Any, run: Any, viewer: Any, **given: Any) -> Any:
        calls.append(run)
        if len(calls) == 2:
            viewer.show = lambda event: None if stops else stops.append(os.kill(os.getpid(), signal.SIGINT))
        return trained(job, run, viewer, **given)

    monkeypatch.setattr(cli, "run_watched", stopped_in_the_second)
    assert main(["train", config, "--folds", "3", *options]) == 130
    assert len(json.loads(Path("runs/small/folds.json").read_text())["folds"]) == 1
    assert sorted(path.name for path in Path("runs/small").iterdir()) == ["fold-1", "fold-2", "folds.json"]
    out = capsys.readouterr().out
    if options:
        assert json.loads(out)["reason"] == "signal"
    else:
        assert out.splitlines()[-1] == (
            "stopped by a signal, 1 fold finished; to continue this one: dltool resume runs/small/fold-2"
        )
    assert main(["resume", "runs/small/fold-2", "--quiet"]) == 0


FAULTS = [
    (["--folds", "1"], "error: dltool train: invalid value for '--folds': "),
    (
        ["--folds", "3", "--set", "data.split.validation={last: 5}"],
        "error: --folds 3: data.split.fold: each fold is the validation part once,"
        " but that part is already given; leave out one of the two",
    ),
    (
        ["--folds", "3", "--set", "data.split.train={first: 5}"],
        "error: --set data.split.train={first: 5}: data.split.train: all rows outside the fold are trained on; leave"
        " out one of the two",
    ),
    (["--folds", "99"], "error: small.yaml:2:3: data.split: 81 rows cannot be divided into 99 folds"),
]


@pytest.mark.parametrize(("options", "line"), FAULTS, ids=lambda value: str(value)[:30])
def test_folds_that_cannot_be(config: str, options: list[str], line: str, capsys: pytest.CaptureFixture[str]):
    assert main(["train", Path(config).name, *options]) == 2
    assert capsys.readouterr().err.startswith(line)
    assert not Path("runs").exists()
