"""`dltool sweep` as a user meets it: trials in worker processes, kills at any moment, the best config at the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from dltool.cli.main import main
from dltool.sweep.folder import SweepFolder
from dltool.training.metrics_log import read_end
from tests.sweep.spaces import BASE, write_sweep

BLOCK = """trials: 4
    method: random
    pruning: none
    optimizer.adam.lr: {log: [1e-3, 1e-1]}
    model[0].units: [4, 8]"""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def swept(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert main(["sweep", "small.yaml", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_sweep_from_its_start_to_the_best_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_sweep(tmp_path, BLOCK)
    assert main(["sweep", "small.yaml", "--workers", "1"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "small: 4 trials, 1 worker"
    assert out[1].startswith("trial 0: validation.accuracy ")
    assert out[1].endswith(" · best so far · as written")
    assert [line.split(":")[0] for line in out[1:5]] == ["trial 0", "trial 1", "trial 2", "trial 3"]
    assert out[-1] == "next       dltool train sweeps/small/best.yaml"
    (test,) = (line for line in out if line.startswith("test "))

    assert main(["sweep", "small.yaml", "--sweep-dir", "sweeps/small"]) == 0
    more = "dltool sweep small.yaml --sweep-dir sweeps/small --trials 8"
    assert capsys.readouterr().out.startswith(f"this sweep is complete; for more trials: {more}\n")
    assert main(["sweep", "small.yaml", "--time", "0.001", "--trials", "9"]) == 0
    assert capsys.readouterr().out.startswith("this sweep is complete; for more trials: dltool sweep small.yaml --set ")
    found = swept(capsys)  # complete: nothing is run again
    assert [trial["trial"] for trial in found["trials"]] == [0, 1, 2, 3]
    best = found["best"]
    folder = SweepFolder(Path(found["sweep"]))
    config = yaml.safe_load(folder.best.read_text())
    assert "sweep" not in config
    if best["trial"]:
        assert config["optimizer"]["adam"]["lr"] == best["values"]["optimizer.adam.lr"]
        assert config["model"][0]["dense"]["units"] == best["values"]["model[0].units"]
    ends = {number: read_end(folder.trial(number).metrics) for number in range(4)}
    assert [number for number, end in ends.items() if "test" in end] == [best["trial"]]  # no other trial has seen it
    assert f"accuracy {ends[best['trial']]['test']['accuracy']:.4f}" in test
    assert [folder.trial(number).last.exists() for number in ends] == [number == best["trial"] for number in ends]
    assert "<svg" in folder.report.read_text()

    assert main(["train", str(folder.best), "--json"]) == 0  # the same network again, to the last digit
    assert json.loads(capsys.readouterr().out)["best"]["value"] == best["value"]
    more = swept(capsys, "--trials", "5")
    assert [trial["value"] for trial in more["trials"]][:4] == [trial["value"] for trial in found["trials"]]
    assert len(more["trials"]) == 5


def _values(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(trial["trial"], trial["state"], trial["epochs"], trial["value"]) for trial in found["trials"]]


@pytest.mark.slow
def test_killed_at_random_no_trial_is_lost_or_run_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = BASE.replace("rows: 90", "rows: 3000").replace("epochs: 3", "epochs: 40")
    write_sweep(tmp_path, BLOCK.replace("trials: 4", "trials: 12"), rows)
    whole = swept(capsys, "--sweep-dir", "whole")
    chance, command = random.Random(1), [sys.executable, "-m", "dltool", "sweep", "small.yaml", "--quiet"]
    kills = 0
    while kills < 5:
        running = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(2, 5))
        if running.poll() is not None:
            break
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        kills += 1
    assert kills >= 2
    found = swept(capsys)
    assert _values(found) == _values(whole)
    assert found["best"] == whole["best"]
    assert found["test"] == whole["test"]


def test_a_killed_worker_costs_no_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from dltool.sweep import sweeping

    write_sweep(tmp_path, BLOCK.replace("trials: 4", "trials: 2"))
    begin, killed = sweeping.Worker.begin, []

    def begin_and_die(worker: Any, task: Any, work: Any = None) -> None:
        begin(worker, task, work)
        if isinstance(task, sweeping.Train) and not killed:
            killed.append(work.number)
            worker._process.kill()

    monkeypatch.setattr(sweeping.Worker, "begin", begin_and_die)
    found = swept(capsys, "--workers", "1")
    assert killed == [0]
    assert [trial["state"] for trial in found["trials"]] == ["finished", "finished"]
    assert found["warnings"] == [
        "trial 0 starts again: a worker process has died (killed by signal 9; is there enough memory?)"
    ]


def test_a_trial_that_kills_its_workers_fails_and_the_others_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from dltool.sweep import sweeping

    write_sweep(tmp_path, BLOCK.replace("trials: 4", "trials: 3"))
    begin = sweeping.Worker.begin

    def begin_and_die(worker: Any, task: Any, work: Any = None) -> None:
        begin(worker, task, work)
        if isinstance(task, sweeping.Train) and work.number == 1:
            worker._process.kill()

    monkeypatch.setattr(sweeping.Worker, "begin", begin_and_die)
    found = swept(capsys, "--workers", "1")
    assert [trial["state"] for trial in found["trials"]] == ["finished", "failed", "finished"]
    assert "killed by signal 9; is there enough memory?" in found["trials"][1]["message"]


def test_ctrl_c_saves_and_the_same_command_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_sweep(tmp_path, BLOCK, BASE.replace("epochs: 3", "epochs: 2000"))
    command = [sys.executable, "-m", "dltool", "sweep", "small.yaml", "--workers", "1"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    metrics = SweepFolder(Path("sweeps/small")).trial(0).metrics
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (metrics.exists() and metrics.stat().st_size):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 130, out
    assert "trial 0: stopped; it goes on when the sweep does" in out
    assert out.splitlines()[-1] == "stopped by a signal; to continue: dltool sweep small.yaml"
    assert SweepFolder(Path("sweeps/small")).trial(0).last.exists()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (["--set", "train.epochs=2"], "sweeps/small: holds a sweep of another config, which differs in train.epochs; "),
        (["--set", "sweep.trials=0"], "--set sweep.trials=0: sweep.trials: expected a whole number above 0"),
        (["--time", "soon"], "--set sweep.time=soon: sweep.time: 'soon' is no length of time; write 90s, 30m"),
        (
            ["--sweep-dir", "small.yaml/x"],
            "small.yaml/x: the folder of the sweep cannot be made: Not a directory",
        ),
        (["--sweep-dir", "small.yaml"], "small.yaml: is a file; choose a directory: --sweep-dir DIR"),
        (
            ["--set", "sweep.optimizer.adam.lr={log: [1, 0.1]}"],
            "sweep.optimizer.adam.lr: the first bound must be below the second, got [1, 0.1]",
        ),
        (["--set", "sweep.optimizer.adam.rate=[0.1, 0.2]"], "sweep.optimizer.adam.rate: "),
        (["--set", "~sweep.optimizer.adam.rl"], "to delete; did you mean 'sweep.optimizer.adam.lr'?"),
        (["--sweep-dir", "full"], "full: the directory is not empty, and holds no sweep; choose another: --sweep-dir"),
        (["--set", "data={table: {path: missing.csv, target: y}}"], "data.table.path: no file 'missing.csv'"),
        (
            ["--set", "train.monitor=train.loss"],
            "train.monitor: trials are compared by 'train.loss', which says nothing",
        ),
    ],
)
def test_what_cannot_be_swept(tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: list[str], line: str):
    write_sweep(tmp_path, BLOCK)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    if "train.epochs=2" in changes:  # as a sweep leaves it
        assert main(["show", "small.yaml"]) == 0
        SweepFolder(Path("sweeps/small")).prepare()
        SweepFolder(Path("sweeps/small")).config.write_text(capsys.readouterr().out)
    before = sorted(tmp_path.rglob("*"))
    assert main(["sweep", "small.yaml", *changes]) == 2
    assert line in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_single_training_leaves_the_block_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_sweep(tmp_path, BLOCK)
    assert main(["train", "small.yaml"]) == 0
    assert "note: the block 'sweep' is left aside; to vary its keys: dltool sweep" in capsys.readouterr().out
    assert "sweep" not in yaml.safe_load(Path("runs/small/config.yaml").read_text())
    assert main(["check", "small.yaml", "--set", "model[0].dense.units=4"]) == 0
    write_sweep(tmp_path, BLOCK.replace("model[0]", "model[8]"))
    assert main(["check", "small.yaml"]) == 2
    assert "sweep.model[8].units: model has 3 items" in capsys.readouterr().err


def test_trials_that_cannot_run_are_told_and_end_a_sweep_where_none_can(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    block = "trials: 5\nmethod: grid\npruning: none\nmodel[0]: [{dense: 8}, {conv2d: 4}]"
    write_sweep(tmp_path, block)
    found = swept(capsys, "--workers", "1")
    assert [trial["state"] for trial in found["trials"]] == ["finished", "finished", "failed"]
    assert "conv2d" in found["trials"][2]["message"]
