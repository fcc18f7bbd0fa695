"""Compiled programs are kept on disk: a later run neither traces nor compiles, and gives the same bits."""

from __future__ import annotations

from pathlib import Path

import pytest

from dltool.runtime.xla import kept, sources
from tests.quick_xla import compile_quickly
from tests.training.runs import assert_equal_runs, open_run, train

from .test_training import XLA


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "cache_root", lambda: tmp_path / "cache")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_quickly(monkeypatch)


def programs(folder: Path) -> list[Path]:
    return sorted((folder / "cache").glob("programs-*/*"))


def test_a_second_run_neither_traces_nor_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    job, first = open_run(tmp_path, overrides=XLA)
    train(job, first)
    made = programs(tmp_path)
    assert len(made) >= 4  # whole stretches, the last batch, an evaluation, the orders of epochs

    def traced(*arguments: object) -> None:
        raise AssertionError("it traces")

    monkeypatch.setattr(sources, "_lowered", traced)
    job, second = open_run(tmp_path, overrides=XLA)
    train(job, second)
    assert programs(tmp_path) == made
    assert_equal_runs(first, second)


@pytest.mark.usefixtures("quick")
def test_a_file_that_was_cut_short_is_made_again(tmp_path: Path):
    open_run(tmp_path, overrides=XLA)
    whole = {path: path.read_bytes() for path in programs(tmp_path)}
    for path, content in whole.items():
        path.write_bytes(content[: len(content) // 2])
    open_run(tmp_path, overrides=XLA)
    assert all(len(path.read_bytes()) > len(content) // 2 for path, content in whole.items())


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "override",
    [
        "train.batch_size=9",
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in ("train.seed=6", "train.precision=tf32", "model=[{dense: {units: classes}}]")
        ),
    ],
)
def test_another_network_has_programs_of_its_own(override: str, tmp_path: Path):
    open_run(tmp_path, overrides=XLA)
    made = programs(tmp_path)
    open_run(tmp_path, overrides=[*XLA, override])
    assert set(programs(tmp_path)) > set(made)


@pytest.mark.usefixtures("quick")
def test_where_nothing_can_be_kept_training_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(kept, "cache_root", lambda: tmp_path / "file")
    with pytest.warns(UserWarning, match="compiled programs cannot be kept in .*: Not a directory"):
        job, run = open_run(tmp_path, overrides=XLA)
    train(job, run)
