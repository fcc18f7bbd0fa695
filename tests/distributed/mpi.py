"""Runs of the command line as several processes that MPI connects."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from dltool.cli.main import main
from dltool.config.loading import dump_yaml

DIGITS = Path(__file__).parents[2] / "datasets" / "digits" / "digits.csv.gz"
MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")

needs_mpi = pytest.mark.skipif(
    MPIEXEC is None or find_spec("mpi4py") is None, reason="needs an MPI: pip install 'dltool[distributed]'"
)

#: what makes the order of sums and of random numbers matter
CONFIG: dict[str, Any] = {
    "data": {"table": {"path": "digits.csv", "target": "digit"}, "split": {"validation": 0.2}},
    "model": [{"dense": {"units": 48, "activation": "relu"}}, "batch_norm", {"dropout": 0.2}, {"dense": "classes"}],
    "loss": "cross_entropy",
    "metrics": ["accuracy"],
    "train": {
        "epochs": 2, "batch_size": 64, "seed": 7, "shards": 4, "ema_decay": 0.9, "clip": {"norm": 0.5}, "threads": 1,
    },
}  # fmt: skip


#: of which 340 are trained on, so that the last batch is too small for some ranks
ROWS = 425


def written(folder: Path, **changes: Any) -> Path:
    """The file of a config, beside the first digits; `train` is merged."""
    with gzip.open(DIGITS, "rt") as file:
        (folder / "digits.csv").write_text("".join(islice(file, 1 + ROWS)))
    config = {**CONFIG, **changes, "train": {**CONFIG["train"], **changes.get("train", {})}}
    path = folder / "config.yaml"
    path.write_text(dump_yaml(config))
    return path


def command(ranks: int, *words: str | Path | int) -> list[str]:
    """The command line of dltool on some ranks."""
    alone = [str(Path(sys.executable).parent / "dltool"), *map(str, words)]
    return alone if ranks == 1 else [str(MPIEXEC), "-n", str(ranks), *alone]


def run(ranks: int, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """What dltool says on some ranks, and its exit code; one rank is this process."""
    if ranks > 1:
        return subprocess.run(command(ranks, *words), capture_output=True, text=True, timeout=120)
    with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
        code = main(list(map(str, words)))
    return subprocess.CompletedProcess([], code, output.getvalue(), errors.getvalue())


def arrays(folder: Path) -> dict[str, bytes]:
    """What must not depend on who computed it: everything in the last checkpoint but times."""
    clock = ("trainer/seconds", "trainer/epoch_seconds", "trainer/log_bytes")
    tensors = load_file(folder / "checkpoints" / "last.safetensors")
    return {name: np.asarray(array).tobytes() for name, array in tensors.items() if name not in clock}


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:  # it has ended
        return []


def ranks_of(launcher: int) -> list[int]:
    """The processes that train, below the launcher, its proxy and their guards; as many as have been started."""
    return [rank for proxy in children(launcher) for guard in children(proxy) for rank in children(guard)]


def wait_for_epochs(place: Path, process: subprocess.Popen[str], count: int = 2) -> None:
    """Wait until some epochs are done."""
    log, until = place / "metrics.jsonl", time.monotonic() + 120
    while not (log.exists() and log.read_text().count('"kind": "epoch"') >= count):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
