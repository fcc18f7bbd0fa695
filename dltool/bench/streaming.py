"""Compares training on data read from disk with the same training on data in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from dltool.bench.process import DLTOOL, Process, Start
from dltool.bench.subject import Subject
from dltool.caching import working_folder
from dltool.config.amounts import bytes_of
from dltool.kernels.cpu.cache import folder as kernels_folder

#: the two trainings alternate, so that load on the machine affects both
ROUNDS = 2
EPOCHS = 3
#: without a limit in the config, 1 / SHARE of the data may be in memory
SHARE = 4

Report = Callable[[str], None]


@dataclass(frozen=True)
class Side:
    """Time and memory of one kind of training, medians over the rounds."""

    prepare_s: float  # from the start of the first process to the end of its first step, without compiling
    start_s: float  # the same for the last process, which finds the prepared data on disk
    first_epoch_s: float
    epoch_s: float  # later epochs
    samples_per_s: float  # in later epochs
    peak_bytes: float  # peak resident memory of any process


@dataclass(frozen=True)
class Streaming:
    """Both trainings of one config."""

    subject: Subject
    threads: int
    memory_bytes: int  # limit on samples in memory when they are read from disk
    streamed: Side
    in_memory: Side

    @property
    def share_of_rate(self) -> float:
        """Samples per second in later epochs, relative to training in memory."""
        return self.streamed.samples_per_s / self.in_memory.samples_per_s

    @property
    def share_of_first_rate(self) -> float:
        """Samples per second in the first epoch, relative to training in memory."""
        return self.in_memory.first_epoch_s / self.streamed.first_epoch_s

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "config": str(self.subject.path),
            "threads": self.threads,
            "data_bytes": self.subject.data_bytes,
            "memory_bytes": self.memory_bytes,
            "share_of_rate": round(self.share_of_rate, 4),
            "share_of_first_rate": round(self.share_of_first_rate, 4),
            "streamed": asdict(self.streamed),
            "in_memory": asdict(self.in_memory),
        }


def measure_streaming(subject: Subject, threads: int | None, report: Report) -> Streaming:
    """Train a few epochs in both ways, in turn, with a temporary cache of prepared data."""
    size, given = subject.data_bytes, subject.experiment.data.memory
    memory = bytes_of(given) if given and bytes_of(given) < size else size // SHARE
    # the first process finds nothing on disk and prepares the data, also when it trains in memory
    starts = {name: _start(subject, threads, most) for name, most in (("in_memory", 2 * size), ("streamed", memory))}
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in starts}
    with working_folder("bench") as folder:
        _share_kernels(folder)
        for number in range(1, ROUNDS + 1):
            for name, start in starts.items():
                report(f"round {number} of {ROUNDS}, {name.replace('_', ' ')}")
                runs[name].append(_run(start, {"XDG_CACHE_HOME": str(folder)}))
    sides = {name: _side(answers) for name, answers in runs.items()}
    return Streaming(subject, runs["streamed"][0]["threads"], memory, **sides)


def _share_kernels(folder: Path) -> None:
    """Link the compiled kernels into a temporary cache folder."""
    kernels = kernels_folder()
    (folder / "dltool").mkdir()
    (folder / "dltool" / kernels.name).symlink_to(kernels)


def _start(subject: Subject, threads: int | None, memory: int) -> Start:
    changes = [f"data.memory={memory // 1000 + 1}kB", f"train.epochs={EPOCHS}"]
    chosen = [] if threads is None else [f"train.threads={threads}"]
    return Start(DLTOOL, {"config": str(subject.path), "overrides": [*subject.overrides, *chosen, *changes]})


def _run(start: Start, environment: Mapping[str, str]) -> dict[str, Any]:
    """Results of a process that opens the data and trains."""
    with Process(start, environment=environment) as process:
        facts, seconds = process.open()
        trained = process.ask("epochs")
        return {**facts, **trained, **process.ask("memory"), "open": seconds - facts["compile_seconds"]}


def _side(runs: Sequence[Mapping[str, Any]]) -> Side:
    epoch = median(seconds for run in runs for seconds in run["seconds"][1:])
    return Side(
        prepare_s=runs[0]["open"],
        start_s=runs[-1]["open"],
        first_epoch_s=median(run["seconds"][0] for run in runs),
        epoch_s=epoch,
        samples_per_s=runs[0]["samples"] / epoch,
        peak_bytes=max(run["peak_bytes"] for run in runs),
    )
