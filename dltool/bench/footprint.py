"""Measures what needs a new process: start-up time, peak memory, and compile time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from dltool.bench.process import Process, Start

STARTS = 3
#: seconds that a process trains before its memory is read
TRAINING_SECONDS = 0.3


@dataclass(frozen=True)
class Footprint:
    """Medians over several new processes of one framework."""

    startup_s: float  # from the start of the process to the end of the first step
    peak_bytes: float  # of resident memory, at its highest

    @property
    def peak_memory_mb(self) -> float:
        """Peak resident memory in MB of 1024² bytes."""
        return self.peak_bytes / 2**20


def measure_footprints(sides: Mapping[str, Start], report: Callable[[str], None]) -> dict[str, Footprint]:
    """The footprint of each framework; processes start, train and end one at a time, in turn."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for number in range(1, STARTS + 1):
        report(f"start-up and memory, process {number} of {STARTS}")
        for name, start in sides.items():
            with Process(start) as process:
                _, seconds = process.open()
                process.ask("measure", seconds=TRAINING_SECONDS)
                seen[name].append((seconds, process.ask("memory")["peak_bytes"]))
    return {name: Footprint(*map(median, zip(*values, strict=True))) for name, values in seen.items()}


def compile_seconds(start: Start, report: Callable[[str], None]) -> float:
    """Seconds that dltool takes to compile all kernels with an empty cache."""
    report("compiling with an empty cache")
    with tempfile.TemporaryDirectory(prefix="dltool-bench-") as folder:
        with Process(start, environment={"XDG_CACHE_HOME": folder}) as process:
            facts, _ = process.open()
        return facts["compile_seconds"]
