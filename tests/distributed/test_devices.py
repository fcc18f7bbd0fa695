"""The devices of several ranks train as those of one process do, to the bit where there are two."""

from __future__ import annotations

import os
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dltool.distributed.ranks import Ranks
from dltool.errors import RunError
from dltool.runtime.xla import joining

from .mpi import arrays, command, needs_mpi, ranks_of, wait_for_epochs, written

needs_jax = pytest.mark.skipif(find_spec("jax") is None, reason="needs JAX: pip install 'dltool[xla]'")
#: batch norm, dropout, clipping, averages and shuffling; the last batch has 30 of 64 rows
ON_XLA: dict[str, Any] = {
    "metrics": ["accuracy", "auc"], "train": {"device": "xla", "shards": "auto", "checkpoint_minutes": 1e-4},
}  # fmt: skip
LONGER = ("--quiet", "--set", "train.epochs=40")


#: compiling is most of the time
QUICKLY = "--xla_backend_optimization_level=0"


def on_two_devices(*words: str | Path) -> None:
    """Run dltool in one process with two devices."""
    environment = {**os.environ, "XLA_FLAGS": f"{QUICKLY} --xla_force_host_platform_device_count=2"}
    subprocess.run(command(1, *words, "--set", "train.devices=2"), env=environment, check=True, capture_output=True)


@needs_mpi
@needs_jax
def test_a_run_leaves_the_same_bytes_on_one_rank_then_two_of_which_one_dies_and_one_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XLA_FLAGS", QUICKLY)
    config = written(tmp_path, **ON_XLA)
    alone, place = tmp_path / "alone", tmp_path / "run"
    on_two_devices("train", config, "--run-dir", place, "--set", "train.epochs=1")

    words = command(2, "resume", place, *LONGER, "--set", "train.devices=1")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_epochs(place, process, count=4)
    os.kill(ranks_of(process.pid)[0], signal.SIGKILL)  # the other one must not tell of its own end
    _, errors = process.communicate(timeout=60)
    (line,) = (line for line in errors.splitlines() if line and not line.startswith(("=", "note:")))
    assert line.startswith(f"error: rank 0 on {os.uname().nodename} was ended by SIGKILL")

    on_two_devices("resume", place, *LONGER)
    on_two_devices("train", config, "--run-dir", alone, *LONGER)
    assert arrays(place) == arrays(alone)


class OnOneMachine(Ranks):
    """One of some ranks that see the same GPUs."""

    def __init__(self, place: int, alike: int):
        self._place = place, alike

    def among(self, value: Any) -> tuple[int, int]:
        return self._place


@pytest.mark.parametrize(
    ("visible", "count", "place", "own"),
    [
        (None, 1, (0, 1), [0]),
        (None, "all", (0, 1), [0, 1, 2, 3]),
        (None, "all", (1, 2), [2, 3]),
        (None, 1, (3, 4), [3]),
        ("6", "all", (0, 1), [0]),
        ("4,5,6", "all", (1, 2), [1]),
        (None, 2, (0, 4), "2 for each of 4 ranks are wanted, but this machine has 4"),
        ("6", "all", (0, 2), "1 for each of 2 ranks are wanted, but this machine has 1"),
        ("6", 2, (0, 1), "2 are wanted, but this machine has 1"),
    ],
)
def test_ranks_that_see_the_same_gpus_divide_them(
    visible: str | None, count: Any, place: tuple[int, int], own: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(joining, "gpus", lambda: tuple("abcd"))
    if isinstance(own, str):
        with pytest.raises(RunError, match=own):
            joining.own_gpus(count, OnOneMachine(*place))
    else:
        assert list(joining.own_gpus(count, OnOneMachine(*place))) == own


def test_a_service_that_cannot_start_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(joining, "WORDS", ["-c", "print('no port is free')"])
    with pytest.raises(RunError, match="device xla: the service at which ranks meet cannot start: no port is free"):
        joining.arranged("xla", 1, TwoRanks())


class TwoRanks(Ranks):
    """The first of two ranks."""

    size = 2


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_a_service_that_cannot_be_reached_is_told_in_one_line(host: str):
    with pytest.raises(RunError, match=f"port 9 of {host}, where the devices of all ranks are joined: "):
        joining.require_reachable(host, 9)
