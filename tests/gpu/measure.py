"""Measures dltool on a GPU and prints a table as it grows: start-up, tests, speeds next to PyTorch's, kernels.

    python3 -m tests.gpu.measure FOLDER [DEVICE [SECONDS]]

FOLDER gets the table, all results as JSON, and what the programs wrote. What has not begun after SECONDS is left out,
and whatever fails is a line of the table.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
#: seconds that one measurement may take, the tests, and all of them until the last one begins
MOST, MOST_TESTS, ALL = 50, 110, 405
#: columns of the table: of parts of the start-up, of speeds
PARTS, FIGURES = (38, 10, 10), (10, 5, 8, 11, 13, 6, 11, 9)


class LateError(Exception):
    """Something took too long."""


def main(folder: Path, device: str = "cuda", seconds: float = ALL) -> None:
    """Measure everything."""
    end = time.monotonic() + seconds
    folder.mkdir(parents=True, exist_ok=True)
    sections: list[Callable[[], Iterator[str]]] = [
        lambda: start_ups(folder, device, end),
        lambda: tests(folder, device, end),
        lambda: speeds(folder, device, end),
        lambda: kernels(folder, end),
    ]
    with tempfile.TemporaryDirectory(prefix="dltool-cache-", ignore_cleanup_errors=True) as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        with (folder / "table.txt").open("w") as table:
            for section in sections:
                for line in _lines(section):
                    table.write(f"{line}\n")
                    table.flush()
                    sys.stdout.write(f"{line}\n")
                    sys.stdout.flush()


def _lines(section: Callable[[], Iterator[str]]) -> Iterator[str]:
    """The lines of a section, and what ends it early."""
    try:
        yield from section()
    except Exception as error:
        yield f"failed: {type(error).__name__}: {_one_line(error)}"
    yield ""


def start_ups(folder: Path, device: str, end: float) -> Iterator[str]:
    """From the shell to trained digits, with nothing compiled, and again."""
    found: dict[str, dict[str, float]] = {}
    for run in ("first_run", "second_run"):
        with tempfile.TemporaryDirectory(prefix="dltool-run-", ignore_cleanup_errors=True) as runs:
            arguments = ["train", "configs/digits.yaml", "--device", device, "--quiet", "--run-dir", f"{runs}/digits"]
            started = time.monotonic()
            written = _run(folder / f"{run}.txt", "-m", "tests.gpu.start_up", *arguments, most=MOST, end=end)
            found[run] = {"from shell to shell": round(time.monotonic() - started, 3)}
        parts = [line for line in written if line.startswith("{")]
        if parts:
            found[run] |= json.loads(parts[-1])
        else:
            yield f"digits, {run}: {written[-1]}"
    (folder / "start_up.json").write_text(json.dumps(found, indent=1))
    yield _row(PARTS, "digits, seconds", *found)
    for part in {part: None for parts in found.values() for part in parts}:
        yield _row(PARTS, part, *(f"{parts[part]:.2f}" if part in parts else "–" for parts in found.values()))


def tests(folder: Path, device: str, end: float) -> Iterator[str]:
    """The tests that need a GPU; elsewhere only whether they can be collected."""
    more = [] if device == "cuda" else ["--collect-only"]
    options = ["-p", "no:cacheprovider", "-o", "addopts=", "-o", "filterwarnings=default", "-v", "-m", "gpu", *more]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    written = _run(
        folder / "tests.txt", "-m", "pytest", *options, "tests/runtime/xla/test_gpu.py", most=MOST_TESTS, end=end
    )
    yield from (line for line in written if line.startswith(("FAILED", "ERROR")))
    yield f"tests  {written[-1]}"


def speeds(folder: Path, device: str, end: float) -> Iterator[str]:
    """Training, and PyTorch's fastest form of it, in turn."""
    form = "graph" if device == "cuda" else "eager"
    yield _row(
        FIGURES, "config", "batch", "products", "samples/s", f"PyTorch {form}", "ratio", "of the peak", "compiling"
    )
    results = []
    for config, precision, batch in SPEEDS:
        start = config, str(batch or ""), precision
        if time.monotonic() > end:
            yield _row(FIGURES, *start, "no time left")
            continue
        try:
            with _at_most(MOST):
                results.append(_measured(config, precision, batch, device, form))
        except Exception as error:  # whatever it is, the next config may have none
            yield _row(FIGURES, *start, f"{type(error).__name__}: {_one_line(error)}")
            continue
        (folder / "speeds.json").write_text(json.dumps(results, indent=1))
        yield _speed(config, precision, results[-1])


def _measured(config: str, precision: str, batch: int | None, device: str, form: str) -> dict[str, Any]:
    from dltool.bench.device import measure_device
    from dltool.bench.subject import open_subjects

    overrides = [f"train.precision={precision}", *([f"train.batch_size={batch}"] if batch else [])]
    (subject,) = open_subjects([ROOT / "configs" / "bench" / f"{config}.yaml"], overrides)
    return measure_device(subject, device, forms=[form], report=lambda what: None).as_data()


def _speed(config: str, precision: str, data: dict[str, Any]) -> str:
    other = next(iter(data["torch"].values()), None)
    return _row(
        FIGURES,
        config,
        str(data["batch_size"]),
        precision,
        f"{data['samples_per_s']:,.0f}",
        f"{other:,.0f}" if other else "–",
        f"{data['ratio']:.2f}" if data["ratio"] else "–",
        f"{data['gflops'] / data['peak_gflops']:.0%}",
        f"{data['compile_s']:.1f} s",
        *map(_one_line, data["notes"]),
    )


def kernels(folder: Path, end: float) -> Iterator[str]:
    """Kernels next to the operations of XLA that they stand for."""
    yield from _run(folder / "kernels.txt", "-m", "tests.gpu.kernels", most=MOST, end=end)


def _run(log: Path, *arguments: str, most: float, end: float) -> list[str]:
    """The lines that Python writes, with a last one on how it ended, if not well; all of it goes to a file, too."""
    seconds = min(most, end + MOST - time.monotonic())
    if seconds < 1:
        return ["no time left"]
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code = process.wait(seconds)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)  # whatever it has started goes with it
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            code = None
    lines = [line.rstrip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    if code is None:
        return [*lines, f"not done after {seconds:.0f} s"]
    last = lines[-1] if lines else "nothing written"
    return [*lines, f"exit code {code}: {last}"] if code or not lines else lines


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise LateError(f"not done after {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _row(widths: tuple[int, ...], first: str, *others: str) -> str:
    """Cells in columns: the first one to the left, those behind the last column as they are."""
    cells = [text.rjust(width) for text, width in zip(others, widths[1:], strict=False)]
    return "  ".join([first.ljust(widths[0]), *cells, *others[len(widths) - 1 :]])


def _one_line(what: object) -> str:
    return " ".join(str(what).split())[:300]


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3], *map(float, sys.argv[3:4]))
