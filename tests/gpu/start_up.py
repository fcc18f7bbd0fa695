"""Runs `dltool` with the arguments given, and then prints the parts of its time in seconds, as JSON in one line.

Each moment of the main thread counts for one part. A device is readied by another thread: what that took comes last.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Clock:
    """The seconds of the parts that a program is divided into; parts may lie within others."""

    def __init__(self) -> None:
        started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        self.parts: dict[str, float] = {"Python and imports": time.clock_gettime(time.CLOCK_BOOTTIME) - started}
        self._open = ["Python and imports"]
        self._since = time.perf_counter()

    @contextmanager
    def within(self, part: str) -> Iterator[None]:
        """Count for a part."""
        self._count()
        self._open.append(part)
        try:
            yield
        finally:
            self._count()
            self._open.pop()

    def _count(self) -> None:
        now = time.perf_counter()
        self.parts[self._open[-1]] = self.parts.get(self._open[-1], 0.0) + now - self._since
        self._since = now

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Count what a function does for a part."""
        function: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: Any, **more: Any) -> Any:
            with self.within(part):
                return function(*arguments, **more)

        setattr(owner, name, watched)


def main() -> int:
    """Run a command."""
    clock = Clock()
    from dltool.cli import watched_training
    from dltool.cli.commands import train
    from dltool.cli.main import main as dltool
    from dltool.runtime.engine import Engine
    from dltool.runtime.xla import starting
    from dltool.training import job, keeper
    from dltool.training.loop import Trainer

    clock.watch(train, "open_job", "building the networks, initial values")
    clock.watch(job, "open_dataset", "reading the data")
    clock.watch(starting, "wait_for_device", "waiting for the device")
    clock.watch(Engine, "prepare", "loading or compiling the programs")
    clock.watch(Trainer, "run", "training and evaluating")
    clock.watch(keeper, "save", "saving")
    clock.watch(watched_training, "_report", "the report")
    code = dltool(sys.argv[1:])
    with clock.within("the end"):
        ready = starting.wait_for_device("cuda" if "cuda" in sys.argv else "xla")
    parts = {part: round(seconds, 3) for part, seconds in clock.parts.items()}
    sys.stdout.write(
        json.dumps(parts | {f"meanwhile: {part}": round(seconds, 3) for part, seconds in ready.items()}) + "\n"
    )
    return code


if __name__ == "__main__":
    sys.exit(main())
