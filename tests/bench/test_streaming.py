"""`dltool bench --stream` as a user meets it. No figure is asserted, only how figures fit together."""

from __future__ import annotations

import json

import pytest

from dltool.bench import streaming
from dltool.caching import cache_root
from dltool.cli.main import main

from .configs import write_config


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(streaming, "ROUNDS", 1)
    monkeypatch.setattr(streaming, "EPOCHS", 2)
    write_config(tmp_path)
    return tmp_path


def test_json_has_both_sides(home, capsys):
    assert main(["bench", "small.yaml", "--stream", "--threads", "1,2", "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert [result["threads"] for result in results] == [1, 2]
    for result in results:
        assert result["data_bytes"] == 50 * 40
        assert result["memory_bytes"] == 500
        streamed, in_memory = result["streamed"], result["in_memory"]
        assert all(figure > 0 for side in (streamed, in_memory) for figure in side.values())
        assert result["share_of_rate"] == pytest.approx(in_memory["epoch_s"] / streamed["epoch_s"], rel=1e-3)
        assert streamed["samples_per_s"] == pytest.approx(50 / streamed["epoch_s"])
    assert not list(cache_root().glob("unfinished-bench-*"))


def test_a_table_has_both_sides(home, capsys):
    assert main(["bench", "small.yaml", "--stream", "--set", "data.memory=1kB"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small on 1 thread: 2.0kB of samples, of which 1.0kB may be in memory"
    assert [line.split()[:2] for line in lines[2:5]] == [["in", "memory"], ["from", "disk"], ["share", "of"]]


def test_frameworks_are_compared_in_memory_only(home, capsys):
    assert main(["bench", "small.yaml", "--stream", "--against", "torch"]) == 2
    assert capsys.readouterr().err == ("error: --against and --stream cannot be combined; leave out one of them\n")
