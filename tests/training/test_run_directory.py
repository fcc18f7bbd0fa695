"""Where runs go: the first free name, or exactly where the user says."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dltool.cli.main import main
from dltool.errors import InputError
from dltool.training.run_directory import RunDirectory, create, refuse_unusable

from .runs import write_config


def test_names_are_counted_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    roots = [create("digits", None, "name: digits\n").root for _ in range(3)]
    assert [str(root) for root in roots] == ["runs/digits", "runs/digits-2", "runs/digits-3"]
    text = (roots[1] / "config.yaml").read_text()
    assert "dltool resume runs/digits-2" in text
    assert text.endswith("\nname: digits\n")
    assert (roots[0] / "checkpoints").is_dir()


def test_a_chosen_directory_is_used_as_it_is(tmp_path):
    assert create("digits", tmp_path / "a" / "my run", "").root == tmp_path / "a" / "my run"
    assert f"dltool eval '{tmp_path}/a/my run'" in (tmp_path / "a" / "my run" / "config.yaml").read_text()


def test_an_occupied_directory_is_refused(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match=r"the directory is not empty; choose another, or continue it: dltool resume"):
        refuse_unusable(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        refuse_unusable(tmp_path / "x")
    with pytest.raises(InputError, match="x: is a file; a run needs a directory"):
        create("digits", tmp_path / "x" / "y", "")


def test_what_a_run_leaves_that_is_killed_before_it_has_its_config_is_in_no_ones_way(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / ".dltool-0123456789abcdef.tmp").write_text("na")
    create("digits", tmp_path, "name: digits\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoints", "config.yaml"]
    with pytest.raises(InputError, match="not empty"):
        create("digits", tmp_path, "")


def test_of_runs_that_begin_together_one_gets_the_directory(tmp_path):
    def begin(number: int) -> str:
        try:
            return create("digits", tmp_path, f"name: n{number}\n").config.read_text().splitlines()[-1]
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        (winner,) = [line for line in pool.map(begin, range(8)) if "not empty" not in line]
    assert (tmp_path / "config.yaml").read_text().endswith(winner + "\n")
    assert (tmp_path / "checkpoints").is_dir()


def test_a_place_that_takes_no_run_is_refused_before_any_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    config = write_config(tmp_path)
    monkeypatch.setattr("dltool.cli.commands.train.open_job", lambda *_, **__: pytest.fail("data was read"))
    (tmp_path / "runs").write_text("")
    assert main(["train", str(config)]) == 2
    assert capsys.readouterr().err == "error: runs: is a file; a run needs a directory: --run-dir DIR\n"
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(InputError, match="not writable; choose another directory"):
        refuse_unusable(tmp_path / "deep" / "below")


@pytest.mark.parametrize("name", ["caf\udce9", "two\nlines", "a b's", "\x1b[31m"])
def test_names_of_any_bytes(tmp_path, monkeypatch, capsysbinary, name):
    monkeypatch.chdir(tmp_path)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="surrogateescape")  # as those of a process are
    config = write_config(tmp_path).rename(f"{name}.yaml")
    assert main(["train", str(config), "--run-dir", name, "--quiet"]) == 0
    run = RunDirectory(Path(name))
    (again,) = [line for line in run.config.read_text().splitlines() if "run again" in line]
    shown = subprocess.run(["bash", "-c", f"printf %s {again.split(maxsplit=5)[5]}"], capture_output=True, check=True)
    assert shown.stdout == os.fsencode(run.config)
    assert run.report.exists()
    assert main(["resume", name, "--set", "train.epochs=4", "--quiet"]) == 0
    assert main(["eval", name, "--json"]) == 0
    capsysbinary.readouterr()
    assert main(["check", f"{name}/none.yaml"]) == 2
    assert len(capsysbinary.readouterr().err.splitlines()) == 1
