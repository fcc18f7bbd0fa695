"""Devices: several share a batch; what is missing is told in one line; and nothing of JAX is imported unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dltool.cli.main import main
from dltool.runtime.device import CPU, Device
from dltool.runtime.xla import drivers
from dltool.training.devices import note_on_start
from tests.training.runs import write_config

ROOT = Path(__file__).parents[3]


def python(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_eight_devices_train_as_one_does():
    told = python("-m", "tests.runtime.xla.eight_devices", XLA_FLAGS="--xla_force_host_platform_device_count=8")
    for one, eight in json.loads(told):
        np.testing.assert_allclose(eight, one, rtol=1e-5, atol=1e-5)


def test_a_note_says_whether_a_device_was_started_while_data_was_read():
    """One that `auto` has chosen is started afterwards."""
    notes = [line for wanted in ("xla", "auto") for line in note_on_start(wanted, Device("xla"))]
    assert [line.partition(":")[0] for line in notes] == [
        "readying the device, while data was read", "readying the device"
    ]  # fmt: skip
    assert note_on_start("auto", CPU) == []


def test_a_training_on_the_processor_does_not_import_jax(tmp_path: Path):
    code = "import sys; from dltool.cli.main import main; main(sys.argv[1:]); print('jax' in sys.modules)"
    config = write_config(tmp_path)
    assert python("-c", code, "train", str(config), "--run-dir", str(tmp_path / "run"), "--quiet").endswith("False\n")


@pytest.mark.parametrize(
    ("version", "modules", "message"),
    [
        (None, {"jax"}, "no driver of an NVIDIA GPU is loaded; see nvidia-smi, or use --device cpu"),
        (
            470,
            {"jax", "jax_cuda12_plugin"},
            "NVIDIA's driver 470 is too old: the JAX that is installed needs 525 or newer",
        ),
        (
            550,
            {"jax", "jax_cuda13_plugin"},
            "NVIDIA's driver 550 is too old: the JAX that is installed needs 580 or newer",
        ),
        (550, {"jax"}, "the JAX that is installed knows no CUDA: pip install 'dltool[cuda]'"),
        (550, set(), "needs JAX: pip install 'dltool[cuda]'"),
        (550, {"jax", "jax_cuda12_plugin"}, "JAX finds no GPU that it can use"),
    ],
)
def test_why_there_is_no_gpu(
    version: int | None,
    modules: set[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(drivers, "driver_version", lambda: version)
    monkeypatch.setattr(drivers, "find_spec", lambda name: name if name in modules else None)
    monkeypatch.chdir(tmp_path)
    assert main(["train", str(write_config(tmp_path)), "--device", "cuda"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        f"error: device cuda: {message}" if "needs JAX" not in message else "error: device cuda needs"
    )
    assert not (tmp_path / "runs").exists()


def test_auto_takes_the_processor_where_there_is_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(drivers, "driver_version", lambda: None)
    monkeypatch.chdir(tmp_path)
    assert main(["train", str(write_config(tmp_path)), "--device", "auto"]) == 0
    assert "note: device auto: the processor, as there is no GPU that JAX can use" in capsys.readouterr().out


def test_more_devices_than_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    config = str(write_config(tmp_path))
    assert main(["train", config, "--device", "xla", "--set", "train.devices=99"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: train.devices: 99 are wanted, but this machine has ")


def test_debug_takes_no_device(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "config.yaml", "--debug", "--device", "cuda"]) == 2
    assert capsys.readouterr().err == "error: --debug runs in NumPy, on the processor; leave out --device cuda\n"


def test_eval_and_predict_on_xla_agree_with_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    assert main(["train", str(write_config(tmp_path)), "--quiet"]) == 0
    capsys.readouterr()
    found = []
    for device in ("cpu", "xla"):
        assert main(["eval", "runs/small", "--json", "--device", device]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0]["metrics"] == found[1]["metrics"]
    assert found[0]["loss"] == pytest.approx(found[1]["loss"], rel=1e-5)
