"""Devices: several share a batch; what is missing is told in one line; and nothing of JAX is imported unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.cli.main import main
from dltool.config.loading import load
from dltool.runtime.device import CPU, Device
from dltool.runtime.xla import drivers
from dltool.training import devices
from dltool.training.devices import note_on_start, within_gpu
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


class Management:
    """NVIDIA's library on a machine with two GPUs, the second of which tells nothing."""

    def __init__(self, *failing: str) -> None:
        self._failing = failing

    def __getattr__(self, name: str) -> Callable[..., int]:
        known = {
            "nvmlDeviceGetCount_v2": count,
            "nvmlDeviceGetHandleByIndex_v2": handle,
            "nvmlDeviceGetMemoryInfo": memory,
            "nvmlDeviceGetUUID": identity,
        }
        return lambda *arguments: 1 if name in self._failing else known.get(name, lambda *_: 0)(*arguments)


def count(found: Any) -> int:
    found._obj.value = 2
    return 0


def handle(number: Any, gpu: Any) -> int:
    gpu._obj.value = 40 + number.value
    return 0


def memory(gpu: Any, sizes: Any) -> int:
    sizes._obj[0] = 24 << 30
    return gpu.value - 40


def identity(gpu: Any, name: Any, size: int) -> int:
    name.value = f"GPU-{gpu.value}".encode()
    return 0


def test_gpus_are_told_apart(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drivers.ctypes, "CDLL", lambda name: Management())
    assert drivers.gpus.__wrapped__() == ("GPU-40", "GPU-41")


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        ((), 24 << 30),
        (("nvmlDeviceGetCount_v2",), None),
        (("nvmlDeviceGetMemoryInfo",), None),
        (("nvmlInit_v2",), None),
    ],
)
def test_the_memory_of_a_gpu_is_known_without_jax(
    failing: tuple[str, ...], expected: int | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(drivers.ctypes, "CDLL", lambda name: Management(*failing))
    assert drivers.gpu_memory.__wrapped__() == expected


def test_data_that_is_too_large_for_the_gpu_comes_in_spans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    experiment = load(write_config(tmp_path), ["train.device=cuda"])
    assert within_gpu(experiment) is experiment  # there is none
    monkeypatch.setattr(devices, "has_gpu", lambda: True)
    monkeypatch.setattr(devices, "gpu_memory", lambda: 10_000)
    assert within_gpu(experiment).data.memory == "5kB"
    for override in ("data.memory=7kB", "train.device=cpu"):
        other = load(write_config(tmp_path), ["train.device=cuda", override])
        assert within_gpu(other) is other
    monkeypatch.setattr(devices, "gpu_memory", lambda: 1 << 60)
    assert within_gpu(experiment) is experiment


def test_more_devices_than_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    config = str(write_config(tmp_path))
    assert main(["train", config, "--device", "xla", "--set", "train.devices=99"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: train.devices: 99 are wanted, but this machine has ")


@pytest.mark.parametrize("platforms", ["cuda", "nonsense"])
def test_a_variable_that_excludes_the_device_is_named(platforms: str, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "dltool", "train", str(write_config(tmp_path)), "--device", "xla"],
        env=os.environ | {"JAX_PLATFORMS": platforms, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"error: device xla: the environment variable JAX_PLATFORMS allows only '{platforms}'; unset it"
    ]


@pytest.mark.parametrize(
    ("override", "meant"), [("device=gpu", "cuda"), ("precision=fp32", "float32"), ("precision=bf16", "bfloat16")]
)
def test_names_that_others_use_lead_to_ours(
    override: str, meant: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["train", str(write_config(tmp_path)), "--set", f"train.{override}"]) == 2
    assert capsys.readouterr().err.endswith(f"; did you mean '{meant}'?\n")


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
