"""Measures dltool on a GPU and prints one table: start-up in parts, tests, speeds next to PyTorch's graph of a step.

    python3 -m tests.gpu.measure FOLDER [DEVICE [SECONDS]]

FOLDER gets all results as JSON. What has not begun after SECONDS is left out.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from dltool.bench import device as bench_device
from dltool.bench.subject import open_subjects
from dltool.errors import DltoolError

ROOT = Path(__file__).parents[2]
#: config, precision, batch size (None: the config's), the most telling ones first
SPEEDS: list[tuple[str, str, int | None]] = [
    ("lstm", "tf32", None),
    ("gru", "tf32", None),
    ("lstm", "tf32", None),  # again, in a process that takes its programs from disk
    ("resnet20", "tf32", None),
    ("mobile", "tf32", None),
    ("conv1d", "tf32", None),
    ("gpt_medium", "tf32", 64),
    ("gpt_medium", "bfloat16", 64),
    ("resnet20", "bfloat16", None),
    ("gpt_char", "tf32", 64),
    ("mlp_wide", "tf32", None),
    ("lenet5", "tf32", None),
    ("seed_keras", "tf32", None),
    ("cnn_mnist", "tf32", None),
    ("mlp_mnist", "tf32", None),
    ("tabular", "tf32", None),
]
#: seconds that one measurement may take, and all of them
MOST, ALL = 60, 440

Row = tuple[str, ...]


def main(folder: Path, device: str = "cuda", seconds: float = ALL) -> None:
    """Measure everything."""
    end = time.monotonic() + seconds
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for one in chain(start_ups(folder, device), tests(folder, device), speeds(folder, device, end)):
        rows.append(one)
        _say("  ".join(one))
    widths = [max(len(row[i]) if i < len(row) else 0 for row in rows) for i in range(max(map(len, rows)))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]
    (folder / "table.txt").write_text("\n".join(table) + "\n")
    _say("\n" + "\n".join(table))


def start_ups(folder: Path, device: str) -> Iterator[Row]:
    """From the shell to trained digits, with nothing compiled, and again."""
    cache = {"XDG_CACHE_HOME": str(folder / "cache")}
    found: dict[str, dict[str, float]] = {}
    for run in ("first run", "second run"):
        command = ["train", "configs/digits.yaml", "--device", device, "--quiet", "--run-dir", str(folder / run)]
        started = time.monotonic()
        told = _run(folder / f"{run}.txt", "-m", "tests.gpu.start_up", *command, environment=cache)
        found[run] = {"from shell to shell": round(time.monotonic() - started, 3)}
        if told.startswith("{"):
            found[run] |= json.loads(told)
    (folder / "start_up.json").write_text(json.dumps(found, indent=1))
    yield "digits, seconds", *found
    for part in found["first run"]:
        yield part, *(f"{parts[part]:.2f}" if part in parts else "–" for parts in found.values())


def tests(folder: Path, device: str) -> Iterator[Row]:
    """The tests that need a GPU; elsewhere only whether they can be collected."""
    more = [] if device == "cuda" else ["--collect-only"]
    options = ["-p", "no:cacheprovider", "-o", "addopts=", "-q", "-m", "gpu", *more]
    told = _run(folder / "tests.txt", "-m", "pytest", *options, "tests/runtime/xla/test_gpu.py", most=120)
    yield "tests", told


def speeds(folder: Path, device: str, end: float) -> Iterator[Row]:
    """Training, and PyTorch's fastest form of it, in turn."""
    form = "graph" if device == "cuda" else "eager"
    bench_device.FORMS = {device: (form,)}
    yield "config", "batch", "precision", "samples/s", f"PyTorch {form}", "ratio", "of the peak", "compiling"
    for config, precision, batch in SPEEDS:
        if time.monotonic() > end:
            yield config, str(batch or ""), precision, "no time left"
            continue
        overrides = [f"train.precision={precision}", *([f"train.batch_size={batch}"] if batch else [])]
        try:
            with _at_most(MOST):
                (subject,) = open_subjects([ROOT / "configs" / "bench" / f"{config}.yaml"], overrides)
                result = bench_device.measure_device(subject, device, against="torch", report=lambda what: None)
        except (DltoolError, TimeoutError) as error:
            yield config, str(batch or ""), precision, " ".join(str(error).split())
            continue
        data = result.as_data()
        (folder / f"{config}-{precision}.json").write_text(json.dumps(data, indent=1))
        yield _speed(config, precision, data)


def _speed(config: str, precision: str, data: dict[str, Any]) -> Row:
    other = next(iter(data["torch"].values()), None)
    return (
        config,
        str(data["batch_size"]),
        precision,
        f"{data['samples_per_s']:,.0f}",
        f"{other:,.0f}" if other else "–",
        f"{data['ratio']:.2f}" if data["ratio"] else "–",
        f"{data['gflops'] / data['peak_gflops']:.0%}",
        f"{data['compile_s']:.1f} s",
        *data["notes"],
    )


def _run(log: Path, *arguments: str, environment: dict[str, str] | None = None, most: float = MOST) -> str:
    """The last line that Python writes; all of it goes to a file."""
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | (environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=most,
        )
    except subprocess.TimeoutExpired as error:
        return f"not done after {error.timeout:.0f} s"
    log.write_text(done.stdout)
    last = (done.stdout.splitlines() or ["nothing written"])[-1]
    return f"exit code {done.returncode}: {last}" if done.returncode else last


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3], *map(float, sys.argv[3:4]))
