"""Training on data that is read from disk, beside the same training with all of it in memory."""

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

#: the sides take turns, so that a busy spell of the machine hits both
ROUNDS = 2
EPOCHS = 3
#: one such part of the data is in memory at a time, where the config does not say how much
SHARE = 4

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Side:
    """What training took, medians over the rounds."""

    prepare_s: float  # from the start of the first process to the end of its first step, compiling apart
    start_s: float  # the same of the last process, which finds on disk what the first one has prepared
    first_epoch_s: float
    epoch_s: float  # of later ones
    samples_per_s: float  # likewise
    peak_bytes: float  # of resident memory, at its highest, in any process


@dataclass(frozen=True)
class Streaming:
    """Both sides of one config."""

    subject: Subject
    threads: int
    memory_bytes: int  # that samples may take where they are read from disk
    streamed: Side
    in_memory: Side

    @property
    def share_of_rate(self) -> float:
        """Samples per second in later epochs, as a share of those in memory."""
        return self.streamed.samples_per_s / self.in_memory.samples_per_s

    @property
    def share_of_first_rate(self) -> float:
        """The same of first epochs."""
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


def measure_streaming(subject: Subject, threads: int | None, tell: Tell) -> Streaming:
    """Train a few epochs on both sides in turn; what is kept on disk for it is made anew, and removed in the end."""
    size, given = subject.data_bytes, subject.experiment.data.memory
    memory = bytes_of(given) if given and bytes_of(given) < size else size // SHARE
    # the first process in memory finds nothing on disk, and prepares the data too
    starts = {name: _start(subject, threads, most) for name, most in (("in_memory", 2 * size), ("streamed", memory))}
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in starts}
    with working_folder("bench") as folder:
        _share_kernels(folder)
        for number in range(1, ROUNDS + 1):
            for name, start in starts.items():
                tell(f"round {number} of {ROUNDS}, {name.replace('_', ' ')}")
                told[name].append(_run(start, {"XDG_CACHE_HOME": str(folder)}))
    sides = {name: _side(runs) for name, runs in told.items()}
    return Streaming(subject, told["streamed"][0]["threads"], memory, **sides)


def _share_kernels(folder: Path) -> None:
    """Let the processes whose cache is in a folder find the kernels that are compiled already."""
    kernels = kernels_folder()
    (folder / "dltool").mkdir()
    (folder / "dltool" / kernels.name).symlink_to(kernels)


def _start(subject: Subject, threads: int | None, memory: int) -> Start:
    changes = [f"data.memory={memory // 1000 + 1}kB", f"train.epochs={EPOCHS}"]
    chosen = [] if threads is None else [f"train.threads={threads}"]
    return Start(DLTOOL, {"config": str(subject.path), "overrides": [*subject.overrides, *chosen, *changes]})


def _run(start: Start, environment: Mapping[str, str]) -> dict[str, Any]:
    """What a process tells that opens the data and trains."""
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
