"""`--ranks N`: dltool starts itself N times by mpiexec, and again from the last checkpoint if a process dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from dltool.cli.typed_config import load_typed
from dltool.distributed.launched import launched
from dltool.errors import InputError
from dltool.training.run_directory import create_folder

#: exit codes after which starting again would not help: an end, an error that was reported, signals of a user
_FINAL = (0, 1, 2, *(128 + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)))
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
#: options that also apply to what is started again
_SHOWING = ("--quiet", "--json")


def launch_training(
    words: Sequence[str], config: Path, overrides: Sequence[str], run_dir: Path | None, *, ranks: int, restarts: int
) -> int:
    """Run the same command on some ranks; returns the exit code of the last attempt."""
    _require_alone()
    words = _without(words, "--ranks", "--restarts")
    if run_dir is None:
        run_dir = create_folder(load_typed(config, overrides).name, None)
        words += ["--run-dir", str(run_dir)]
    try:
        return _go_on(_run(ranks, words), run_dir, words, ranks, restarts)
    finally:
        if run_dir.is_dir() and not any(run_dir.iterdir()):
            run_dir.rmdir()


def launch_resuming(words: Sequence[str], run: Path, *, ranks: int, restarts: int) -> int:
    """Run the same command on some ranks; returns the exit code of the last attempt."""
    _require_alone()
    words = _without(words, "--ranks", "--restarts")
    return _go_on(_run(ranks, words), run, words, ranks, restarts)


def _require_alone() -> None:
    if found := launched():
        raise InputError(f"{found.by} has started {found.size} processes already; leave out --ranks")


def _go_on(code: int, run: Path, words: Sequence[str], ranks: int, restarts: int) -> int:
    """Resume a run for as long as a process dies, but not too often."""
    for attempt in range(1, restarts + 1):
        if code in _FINAL or not (run / "config.yaml").exists():
            break
        typer.echo(f"note: starting again from the last checkpoint ({attempt} of at most {restarts} times)", err=True)
        code = _run(ranks, ["resume", str(run), *(word for word in words if word in _SHOWING)])
    return code


def _run(ranks: int, words: Sequence[str]) -> int:
    """Run dltool on some ranks and pass signals on to mpiexec; returns its exit code."""
    mpiexec = shutil.which("mpiexec", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if mpiexec is None:
        raise InputError("--ranks needs mpiexec, of any MPI library: pip install 'dltool[distributed]'")
    process = subprocess.Popen([mpiexec, "-n", str(ranks), sys.executable, "-m", "dltool", *words])
    before = {number: signal.signal(number, lambda n, _: process.send_signal(n)) for number in _PASSED_ON}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda number, _: None)  # a terminal sends it to mpiexec, too
    try:
        return process.wait() % 256
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _without(words: Sequence[str], *options: str) -> list[str]:
    """A command line without some options and their values."""
    kept, skip = list[str](), False
    for word in words:
        if not skip and word not in options and not word.startswith(tuple(f"{option}=" for option in options)):
            kept.append(word)
        skip = not skip and word in options
    return kept
