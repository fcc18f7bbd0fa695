"""What only a fresh process can tell: how soon it is ready, how much memory it needs, how long kernels compile."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from dltool.bench.process import Process, Start

STARTS = 3
#: how long a process trains before its memory is read
TRAINING_SECONDS = 0.3


@dataclass(frozen=True)
class Footprint:
    """Medians over the fresh processes of one side."""

    startup_s: float  # from the start of the process to the end of the first step
    peak_bytes: float  # of resident memory, at its highest

    @property
    def peak_memory_mb(self) -> float:
        """The same in MB of 1024² bytes."""
        return self.peak_bytes / 2**20


def start_afresh(sides: Mapping[str, Start], tell: Callable[[str], None]) -> dict[str, Footprint]:
    """The footprint of each side, from processes that start, train and end one after the other, in turn."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for number in range(1, STARTS + 1):
        tell(f"fresh process {number} of {STARTS}")
        for name, start in sides.items():
            with Process(start) as process:
                _, seconds = process.open()
                process.ask("measure", seconds=TRAINING_SECONDS)
                seen[name].append((seconds, process.ask("memory")["peak_bytes"]))
    return {name: Footprint(*map(median, zip(*values, strict=True))) for name, values in seen.items()}


def compile_seconds(start: Start, tell: Callable[[str], None]) -> float:
    """How long dltool compiles kernels where none is cached."""
    tell("compiling without a cache")
    with tempfile.TemporaryDirectory(prefix="dltool-bench-") as folder:
        with Process(start, environment={"XDG_CACHE_HOME": folder}) as process:
            facts, _ = process.open()
        return facts["compile_seconds"]
