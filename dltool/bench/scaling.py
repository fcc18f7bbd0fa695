"""How fast a config would train on many processes: a model on paper, of measured steps and an assumed network.

A step takes as long as its shard takes on one process, plus the part of the exchange that computing does not hide:
gradients go to their owners, most of them during the backward, and parameters come back. Each process sends and
receives (n − 1) / n of their bytes in either direction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from dltool.bench.process import DLTOOL, Process, Start
from dltool.bench.rounds import alternate
from dltool.bench.subject import Subject
from dltool.errors import InputError
from dltool.program.parcels import parcel_count

#: batches are measured whole, and cut into this number of shards
SHARDS = 8
#: seconds that a message takes over TCP, besides its bytes
LATENCY = 30e-6
#: share of a network's nominal speed that TCP reaches where all send to all, fitted to tests/distributed/hosts.py
USABLE = 0.85
#: share of a step's computing during which gradients already travel
HIDING = 1 / 3
#: bytes that one process adds in a second, where several share the memory
ADDED = 5e9

_UNITS = {"Mb": 1e6 / 8, "Gb": 1e9 / 8, "MB": 1e6, "GB": 1e9}


@dataclass(frozen=True)
class Measured:
    """Seconds of a training step on one process: `fixed` + `per_row` · rows."""

    batch: int
    fixed: float
    per_row: float
    parameter_bytes: int
    threads: int


@dataclass(frozen=True)
class Prediction:
    """The speed on some processes."""

    ranks: int
    rows: int  # of each rank in a step
    compute: float  # seconds of a step
    exchange: float
    efficiency: float  # against one process

    @property
    def samples_per_s(self) -> float:
        """Of all processes together."""
        return self.ranks * self.rows / (self.compute + self.exchange)


def bytes_per_second(network: str) -> float:
    """The speed of a network such as 25Gb (bits) or 3GB (bytes); raises InputError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(Mb|Gb|MB|GB)(?:/s)?", network)
    if not found or not float(found[1]):
        raise InputError(f"--network: expected a speed such as 25Gb (bits) or 3GB (bytes) a second, got '{network}'")
    return float(found[1]) * _UNITS[found[2]]


def measure_steps(subject: Subject, report: Callable[[str], None]) -> Measured:
    """Time whole batches and shards of them on this machine, in turn."""
    batch = subject.experiment.train.batch_size
    rows = max(1, batch // SHARDS)
    with ExitStack() as stack:
        processes, threads = {}, 1
        for size in dict.fromkeys((batch, rows)):
            overrides = [*subject.overrides, f"train.batch_size={size}", "train.shards=1"]
            process = stack.enter_context(Process(Start(DLTOOL, {"config": str(subject.path), "overrides": overrides})))
            threads = process.open(on_note=lambda what: report(f"compiling {what}"))[0]["threads"]
            processes[str(size)] = process
        speeds = alternate(processes, report)
    whole, part = (speeds[str(size)].ms_per_step / 1e3 for size in (batch, rows))
    per_row = max(0.0, (whole - part) / (batch - rows)) if batch > rows else 0.0
    return Measured(batch, max(0.0, part - per_row * rows), per_row, 4 * subject.parameters, threads)


def predict_speed(measured: Measured, ranks: int, speed: float) -> Iterator[Prediction]:
    """Predictions for 1, 2, 4, … processes that share each batch, as long as each has a row."""
    alone = measured.fixed + measured.per_row * measured.batch
    count = 1
    while count <= min(ranks, measured.batch):
        rows = measured.batch // count
        compute = measured.fixed + measured.per_row * rows
        adding = (count - 1) / count * measured.parameter_bytes / ADDED
        exchange = exchange_seconds(measured.parameter_bytes, count, speed, compute) + adding
        yield Prediction(count, rows, compute, exchange, alone / (compute + exchange) / count)
        count *= 2


def exchange_seconds(parameter_bytes: int, ranks: int, speed: float, compute: float) -> float:
    """What sending adds to a step that computes for some seconds, over a network of `speed` bytes a second."""
    parcels = parcel_count(parameter_bytes)
    once = (ranks - 1) / ranks * parameter_bytes / (USABLE * speed) + (ranks - 1) * parcels * LATENCY
    return 2 * once - min(once * (1 - 1 / parcels), HIDING * compute)
