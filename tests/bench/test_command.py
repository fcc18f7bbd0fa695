"""`dltool bench` as a user meets it: JSON, tables, refusals. No figure is asserted, only how figures fit together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dltool.bench import footprint, machine, measuring, rounds
from dltool.bench.subject import open_subjects
from dltool.cli.commands import bench
from dltool.cli.main import main
from dltool.errors import RunError

from .configs import write_config

KEYS = [
    "config",
    "threads",
    "samples_per_s",
    "ms_per_step",
    "gflops",
    "share_of_peak",
    "peak_memory_mb",
    "startup_s",
    "compile_s",
]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working directory in which measuring takes no time: one short round of everything, and no compiling."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine, "TRIALS", 1)
    monkeypatch.setattr(machine, "TRIAL_SECONDS", 0.001)
    monkeypatch.setattr(machine, "ARRAY_BYTES", (1 << 20, 1 << 20))
    monkeypatch.setattr(rounds, "ROUNDS", 2)
    monkeypatch.setattr(rounds, "ROUND_SECONDS", 0.01)
    monkeypatch.setattr(footprint, "STARTS", 1)
    monkeypatch.setattr(footprint, "TRAINING_SECONDS", 0.01)
    monkeypatch.setattr(measuring, "PROFILE_SECONDS", 0.01)
    monkeypatch.setattr(measuring, "compile_seconds", lambda start, report: 1.5)
    return tmp_path


def test_json_has_an_object_for_each_number_of_threads(home, capsys):
    write_config(home)
    assert main(["bench", "small.yaml", "--threads", "1,2,1", "--set", "name=other", "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert [result["threads"] for result in results] == [1, 2]
    for result in results:
        assert list(result)[: len(KEYS)] == KEYS
        assert result["config"] == "small.yaml"
        assert result["name"] == "other"
        assert result["compile_s"] == 1.5
        assert "against" not in result
        figures = [result[key] for key in KEYS if key not in ("config", "threads")]
        assert all(figure > 0 for figure in figures)
        peak = result["machine"]["peak_gflops"][str(result["threads"])]
        assert result["share_of_peak"] * peak == pytest.approx(result["gflops"], rel=1e-4)
        for kind in ("layers", "ops", "layer_ops"):
            shares = [one["share"] for one in result[kind]]
            assert sum(shares) + result["waiting_share"] == pytest.approx(1, abs=1e-3)
        times = [layer[f"{way}_ms"] for layer in result["layers"] for way in ("forward", "backward", "update")]
        assert sum(times) + result["waiting_ms"] == pytest.approx(result["ms_per_step"], rel=1e-3)
        assert [layer["layer"] for layer in result["layers"]] == ["batch", "dense_1", "dense_2", "loss"]


def test_the_bench_folder_in_tables(home, capsys):
    (home / "configs/bench").mkdir(parents=True)
    write_config(home / "configs/bench", {"train": {"clip": {"norm": 1.0}}})
    assert main(["bench"]) == 0
    shown = capsys.readouterr()
    assert shown.err.splitlines() == ["measuring the machine …", "measuring small …"]
    lines = shown.out.splitlines()
    title = lines.index("training")
    assert [line.split()[0] for line in lines[title + 1 : title + 3]] == ["config", "small"]
    title = lines.index("small on 1 thread")
    names = [line.split()[0] for line in lines[title + 1 : title + 9]]
    assert names == ["layer", "batch", "dense_1", "dense_2", "loss", "clip", "waiting", "step"]
    assert "small on 1 thread, by op" in lines
    title = lines.index("small on 1 thread, by layer and op")
    assert lines[title + 1].split() == ["layer", "op", "direction", "µs", "share", "GFLOP/s", "of", "peak"]
    layers = [line.split()[0] for line in lines[title + 2 :] if line and not line.startswith("note:")]
    assert layers[-1] == "others"
    assert {"dense_1", "dense_2"} <= set(layers)


def test_all_configs_of_the_bench_folder_are_subjects(home):
    (home / "configs/bench").mkdir(parents=True)
    for name in ("b.yaml", "a.yml", "c.txt"):
        write_config(home / "configs/bench", name=name)
    assert [subject.experiment.name for subject in open_subjects([], [])] == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["none.yaml"], ["error: none.yaml: no such file; configs there: small.yaml"]),
        ([], ["error: no config given, and configs/bench has none; name one: dltool bench CONFIG"]),
        (
            ["small.yaml", "--threads", "1,x"],
            ["error: --threads: expected whole numbers above 0 such as 1,2, got '1,x'"],
        ),
        (["small.yaml", "--against", "jax"], ["error: --against: no comparison with 'jax'; allowed: torch"]),
        (
            ["small.yaml", "--set", "loss=mse"],
            [
                "error: --set loss=mse: loss: mse needs a target of numbers, but this one holds classes; use"
                " cross_entropy, or task: numbers"
            ],
        ),
        (
            ["small.yaml", "none.yaml", "small.yaml", "--set", "train.epoch=1"],
            [
                "error: --set train.epoch=1: train.epoch: unknown key; did you mean 'epochs'?",
                "error: none.yaml: no such file; configs there: small.yaml",
            ],
        ),
    ],
)
def test_mistakes_are_told_before_anything_is_measured(home, capsys, arguments, lines):
    write_config(home)
    assert main(["bench", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == lines


def test_without_pytorch_there_is_no_comparison(home, capsys, monkeypatch):
    write_config(home)
    monkeypatch.setattr(measuring, "find_spec", lambda name: None)
    assert main(["bench", "small.yaml", "--against", "torch"]) == 2
    assert capsys.readouterr().err == (
        "error: --against torch: PyTorch is not installed; pip install 'dltool[compare]'\n"
    )


def test_what_was_measured_before_a_failure_is_written(home, capsys, monkeypatch):
    measure = bench.measure

    def failing(subject, *arguments, **options):
        if subject.path.stem == "bad":
            raise RunError("the measuring process ended")
        return measure(subject, *arguments, **options)

    monkeypatch.setattr(bench, "measure", failing)
    write_config(home)
    write_config(home, name="bad.yaml")
    assert main(["bench", "small.yaml", "bad.yaml", "--json"]) == 1
    shown = capsys.readouterr()
    assert [result["config"] for result in json.loads(shown.out)] == ["small.yaml"]
    assert shown.err.splitlines()[-1] == "error: the measuring process ended"


def test_against_torch(home, capsys, monkeypatch):
    monkeypatch.setattr(measuring, "PYTORCH", "tests.bench.standin")
    monkeypatch.setattr(measuring, "find_spec", lambda name: name)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    write_config(home)
    write_config(home, {"optimizer": "lion"}, name="lion.yaml")
    results = []
    monkeypatch.setattr(bench, "write_results", results.extend)
    assert main(["bench", "small.yaml", "lion.yaml", "--against", "torch"]) == 0
    small, lion = (result.as_data() for result in results)
    torch = small["against"]["torch"]
    assert list(torch)[:4] == ["samples_per_s", "ratio", "peak_memory_mb", "startup_s"]
    assert torch["form"] == "tuned"
    assert torch["samples_per_s"] == torch["tuned"]["samples_per_s"] > torch["plain"]["samples_per_s"]
    assert torch["ratio"] == pytest.approx(small["samples_per_s"] / torch["samples_per_s"], rel=1e-4)
    assert torch["memory_ratio"] == pytest.approx(torch["peak_memory_mb"] / small["peak_memory_mb"], rel=1e-4)
    assert torch["startup_ratio"] == pytest.approx(torch["startup_s"] / small["startup_s"], rel=1e-4)
    assert "against" not in lion
    assert lion["notes"][0] == "not compared with PyTorch: optimizer: PyTorch has no optimizer 'lion'"
    lines = capsys.readouterr().out.splitlines()
    title = lines.index("PyTorch 1.2.3, and how many times better than its fastest form dltool is")
    assert lines[title + 2].split()[:2] == ["small", "1"]
    assert "note: lion on 1 thread: not compared with PyTorch: optimizer: PyTorch has no optimizer 'lion'" in lines
