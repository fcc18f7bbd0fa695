"""The machine's limits (multiply-add peak and memory bandwidth), measured on the same threads that train."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dltool.kernels.cpu import library
from dltool.kernels.cpu.registers import tile_of_products
from dltool.kernels.records import LANES, Kernel, Record
from dltool.runtime.memory import address, aligned
from dltool.runtime.team import Team

#: number and length of measurements of each limit; the best one counts, since other processes only slow it down
TRIALS = 16
TRIAL_SECONDS = 0.03
#: number of vectors in the multiply-add kernel
VECTORS = 12
#: array size in the bandwidth test, as a multiple of the last-level cache
BEYOND_CACHE = 2
ARRAY_BYTES = (32 << 20, 256 << 20)  # smallest and largest array of the bandwidth test

MULTIPLY_ADDS, TRIAD = Kernel("multiply_adds", Record("c")), Kernel("triad", Record("x, y -> z"))
_KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


@dataclass(frozen=True)
class Machine:
    """A processor and its limits by number of threads."""

    processor: str
    cores: int  # available to this process
    tile: str  # rows × outputs that products hold in registers
    peak_gflops: dict[int, float]  # float32 multiply-adds, each counted as two operations
    bandwidth_gb_per_s: dict[int, float]  # main memory, two reads per write


def measure_machine(threads: Sequence[int], on_compile: Callable[[str, float | None], None]) -> Machine:
    """Measure the limits on one thread, on all cores, and on each of the given numbers of threads."""
    library.prepare((MULTIPLY_ADDS, TRIAD), on_compile)
    cores = len(os.sched_getaffinity(0))
    counts = sorted({1, cores, *threads})
    teams = {count: Team(count) for count in counts}
    peak = {count: _peak(team) / 1e9 for count, team in teams.items()}
    bandwidth = _bandwidth(teams)
    return Machine(_processor(), cores, tile_of_products(), peak, bandwidth)


def _peak(team: Team) -> float:
    """Operations per second of all threads together."""
    sums = [aligned(VECTORS * LANES * 4) for _ in range(team.size)]
    arguments = [_record(MULTIPLY_ADDS, each) for each in sums]
    run = _KERNEL(library.address(MULTIPLY_ADDS))

    def seconds(turns: int) -> float:
        return _timed(team, lambda thread: run(address(arguments[thread]), None, 0, turns))

    turns = 10_000
    while seconds(turns) < TRIAL_SECONDS:
        turns *= 2
    return team.size * turns * 2 * VECTORS * LANES / min(seconds(turns) for _ in range(TRIALS))


def _bandwidth(teams: dict[int, Team]) -> dict[int, float]:
    """Gigabytes per second by number of threads."""
    size = min(max(BEYOND_CACHE * _last_cache(), ARRAY_BYTES[0]), ARRAY_BYTES[1])
    arrays = [aligned(size) for _ in range(3)]
    arguments = _record(TRIAD, *arrays)
    vectors = size // (4 * LANES)
    run = _KERNEL(library.address(TRIAD))

    def seconds(team: Team) -> float:
        cut = lambda thread: vectors * thread // team.size  # noqa: E731
        return _timed(team, lambda thread: run(address(arguments), None, cut(thread), cut(thread + 1)))

    seconds(teams[1])  # Linux allocates memory at the first touch
    return {count: 3 * size / min(seconds(team) for _ in range(TRIALS)) / 1e9 for count, team in teams.items()}


def _timed(team: Team, function: Callable[[int], None]) -> float:
    started = time.perf_counter()
    team.run(function)
    return time.perf_counter() - started


def _record(kernel: Kernel, *buffers: np.ndarray) -> np.ndarray:
    """A kernel's record that holds only addresses."""
    assert kernel.record is not None
    return np.array(kernel.record.encode([(address(buffer), 0, 0, 0) for buffer in buffers], {}), np.int64)


def _processor() -> str:
    """The processor's name as Linux knows it."""
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _last_cache() -> int:
    """Bytes of the largest cache that Linux reports, by default 32 MB."""
    sizes = [path.read_text().strip() for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")]
    return max(
        (int(size[:-1]) << {"K": 10, "M": 20}[size[-1]] for size in sizes if size[-1:] in "KM"), default=32 << 20
    )
