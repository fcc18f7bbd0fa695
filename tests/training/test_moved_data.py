"""Which file is meant where one name stands for several, and data that has moved since a training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.training.checkpoint import decode

from .runs import write_config

NPZ = {"npz": {"path": "../data/t.npz", "features": "x", "targets": "y"}}


def numbers(path: str, seed: int, features: int = 3) -> None:
    """Arrays that only the seed decides on."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    x = np.random.default_rng(seed).normal(size=(60, features)).astype(np.float32)
    np.savez(path, x=x, y=np.arange(60) % 3)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config whose data has three features, started from beside a file of the same name with five."""
    monkeypatch.chdir(tmp_path)
    numbers("proj/data/t.npz", 1)
    numbers("other/data/t.npz", 2, features=5)
    for folder in ("proj/conf", "other/conf"):
        Path(folder).mkdir()
    write_config(Path("proj/conf"), {"data": NPZ})
    monkeypatch.chdir("other/conf")
    return tmp_path / "proj"


CONFIG = "../../proj/conf/small.yaml"


def train(*words: str) -> int:
    return main(["train", CONFIG, "--run-dir", "run", *words])


def features() -> list[int]:
    return decode(Path("run/checkpoints/last.safetensors")).preprocessing["features"]["shape"]


def test_the_file_beside_the_config_is_meant_and_the_other_one_told(project: Path, capsys: pytest.CaptureFixture[str]):
    line = "data.npz.path: taken from '../../proj/conf/../data/t.npz', not from '../data/t.npz', which differs"
    assert train() == 0
    assert f"note: {line}" in capsys.readouterr().out
    assert features() == [3]
    assert main(["check", CONFIG, "--json"]) == 0
    assert line in [finding["message"] for finding in json.loads(capsys.readouterr().out)["findings"]]


def test_the_same_content_twice_is_nothing_to_tell(project: Path, capsys: pytest.CaptureFixture[str]):
    shutil.copy(project / "data/t.npz", "../data/t.npz")
    assert train() == 0
    assert "taken from" not in capsys.readouterr().out


def test_what_is_typed_is_meant_from_here(project: Path):
    assert train("--set", "data.npz.path=../data/t.npz", "--quiet") == 0
    assert features() == [5]


def test_a_config_started_from_elsewhere_finds_what_lies_above_it(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(project)
    config = write_config(Path("conf"), {"data": {"npz": {**NPZ["npz"], "path": "data/t.npz"}}}).resolve()
    monkeypatch.chdir("/")
    assert main(["train", str(config), "--run-dir", str(project / "run")]) == 0
    told = capsys.readouterr().out
    assert f"note: data.npz.path: taken from '{project}/data/t.npz', in a folder above the config's" in told


def test_a_run_goes_on_with_data_that_has_moved(project: Path, capsys: pytest.CaptureFixture[str]):
    assert train("--quiet") == 0
    shutil.rmtree("../data")
    (project / "data").rename(project / "moved")
    moved = ["--set", "data.npz.path=../../proj/moved/t.npz"]
    capsys.readouterr()
    for command in (["eval", "run"], ["report", "run"], ["resume", "run", "--set", "train.epochs=4"]):
        assert main(command) == 2
        told = capsys.readouterr().err
        assert "data.npz.path: no file '../data/t.npz', nor " in told
        assert told.endswith(f"if it has moved: dltool {command[0]} run --set data.npz.path=PATH\n")
        assert main([*command, *moved]) == 0
        assert capsys.readouterr().err == ""
    for name in ("last", "best"):
        config = decode(Path(f"run/checkpoints/{name}.safetensors")).config
        assert config["data"]["npz"]["path"] == str(project / "moved/t.npz")
    assert yaml.safe_load(Path("run/config.yaml").read_text())["train"]["epochs"] == 4
    assert main(["eval", "run"]) == 0


def test_other_data_is_not_taken_for_moved(project: Path, capsys: pytest.CaptureFixture[str]):
    assert train("--quiet") == 0
    numbers("more.npz", 3)
    longer = ["resume", "run", "--set", "train.epochs=4"]
    assert main([*longer, "--set", "data.npz.path=more.npz"]) == 2
    assert "error: data: the data has changed since this run started; if it has moved" in capsys.readouterr().err
    assert main(["eval", "run", "--set", "data.npz.path=more.npz", "--set", "train.epochs=4"]) == 2
    assert (
        capsys.readouterr().err
        == "error: train.epochs: cannot change after training; only the location of the data can\n"
    )
    assert main(longer) == 0


def test_the_source_of_one_part_that_has_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    for name, seed in (("a.npz", 1), ("b.npz", 2)):
        numbers(name, seed)
    fields = {"features": "x", "targets": "y"}
    data = {"npz": {"path": "a.npz", **fields}, "test": {"npz": {"path": "b.npz", **fields}}}
    assert main(["train", str(write_config(Path(), {"data": data})), "--run-dir", "run", "--quiet"]) == 0
    Path("b.npz").rename("moved.npz")
    capsys.readouterr()
    assert main(["eval", "run"]) == 2
    assert capsys.readouterr().err == (
        "error: data.test.npz.path: no file 'b.npz'; did you mean 'a.npz'? if it has moved: "
        "dltool eval run --set data.test.npz.path=PATH\n"
    )
    assert main(["eval", "run", "--set", "data.test.npz.path=moved.npz"]) == 0
