"""`train.precision: bfloat16` as a user meets it."""

from __future__ import annotations

import pytest
import yaml

from dltool.cli.main import main
from dltool.kernels import bfloat16_unit
from dltool.training.checkpoint import decode
from tests.training.runs import write_config

IN_BFLOAT16 = ["--set", "train.precision=bfloat16"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parameters(path):
    return {name: array.tobytes() for name, array in decode(path).arrays.items()}


def test_a_run_says_what_multiplies_and_goes_on_alike_on_any_number_of_threads(home, capsys):
    path = str(write_config(home))
    assert main(["train", path, *IN_BFLOAT16, "--set", "train.epochs=2", "--threads", "2"]) == 0
    assert f"note: products in bfloat16: {bfloat16_unit.bfloat16_unit()}" in capsys.readouterr().out.splitlines()
    first = home / "runs" / "small"
    assert yaml.safe_load((first / "config.yaml").read_text())["train"]["precision"] == "bfloat16"
    assert main(["train", path, *IN_BFLOAT16, "--set", "train.epochs=2", "--threads", "1"]) == 0
    assert main(["train", path, "--set", "train.epochs=2"]) == 0
    for name in ("small", "small-2", "small-3"):
        assert main(["resume", f"runs/{name}", "--set", "train.epochs=3"]) == 0
    last = [home / "runs" / name / "checkpoints" / "last.safetensors" for name in ("small", "small-2", "small-3")]
    assert parameters(last[0]) == parameters(last[1]) != parameters(last[2])


def test_another_precision_on_resume_is_said(home, capsys):
    assert main(["train", str(write_config(home)), *IN_BFLOAT16]) == 0
    capsys.readouterr()
    assert main(["resume", "runs/small", "--set", "train.epochs=4", "--set", "train.precision=float32"]) == 0
    assert "train.precision is float32 instead of bfloat16" in capsys.readouterr().out


def test_tf32_is_idle_on_the_processor(home, capsys):
    assert main(["check", str(write_config(home)), "--set", "train.precision=tf32"]) == 0
    line = 'train.precision: has no effect with device: "cpu", which knows float32 and bfloat16'
    assert line in capsys.readouterr().out


@pytest.mark.parametrize(
    ("features", "unit"),
    [
        ("+avx2,+fma", "float32 kernels, operands rounded"),
        ("+avx512f,+avx512bw,+avx512bf16", "AVX-512 BF16"),
    ],
)
def test_the_unit_follows_from_the_processor(monkeypatch, features, unit):
    monkeypatch.setenv("DLTOOL_CPU_FEATURES", features)
    for function in (bfloat16_unit.has_dot_products, bfloat16_unit.has_tiles):
        monkeypatch.setattr(bfloat16_unit, function.__name__, function.__wrapped__)
    assert bfloat16_unit.bfloat16_unit() == unit
