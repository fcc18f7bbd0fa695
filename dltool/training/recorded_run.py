"""What the directory of a run says about it: its config, its epochs, how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan
from pathlib import Path
from typing import Any

from dltool.config.data import PARTS
from dltool.config.document import read_document
from dltool.config.loading import from_resolved
from dltool.config.reading import read_config
from dltool.errors import InputError
from dltool.training.judge import Judge
from dltool.training.metrics_log import read_end, read_epochs
from dltool.training.monitor import Monitor
from dltool.training.run_directory import RunDirectory


@dataclass(frozen=True)
class RecordedRun:
    """A run as it is on disk, read when it is first needed."""

    directory: RunDirectory

    @classmethod
    def at(cls, path: Path) -> RecordedRun:
        """The run in a directory; raises InputError if there is none."""
        return cls(RunDirectory.existing(path))

    @property
    def path(self) -> Path:
        """The directory."""
        return self.directory.root

    @cached_property
    def config(self) -> dict[str, Any]:
        """The resolved config; raises InputError if it cannot be read."""
        return read_document(read_config(self.directory.config), str(self.directory.config)).root.plain()

    @property
    def name(self) -> str:
        """The name in the config."""
        return str(self.config.get("name", self.path.name))

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """One record for each epoch, with loss and metrics of each part."""
        return read_epochs(self.directory.metrics)

    @cached_property
    def end(self) -> Mapping[str, Any]:
        """The last record, if the run has ended; empty if it has not."""
        return read_end(self.directory.metrics)

    @property
    def state(self) -> str:
        """finished, early_stopping, signal or diverged; "unfinished" if the run goes on or was killed."""
        return str(self.end.get("reason", "unfinished"))

    @property
    def seconds(self) -> float:
        """Time spent so far."""
        return float(self.end.get("seconds") or sum(line.get("seconds") or 0.0 for line in self.history))

    @cached_property
    def monitor(self) -> Monitor | None:
        """The metric that decides which epoch is best; None for a config that is no longer valid."""
        try:
            return Judge(from_resolved(self.config)).best
        except InputError:
            return None

    @cached_property
    def best(self) -> Mapping[str, Any]:
        """The record of the best epoch, else of the last one; empty before the first epoch has ended."""
        last = self.history[-1] if self.history else {}
        return last if self.monitor is None else _best_of(self.history, self.monitor) or last

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Loss and metrics by part, of the best epoch; those of the test part if the run has ended."""
        found = {part: self.best[part] for part in PARTS if part in self.best}
        return {**found, **({"test": self.end["test"]} if "test" in self.end else {})}


def _best_of(history: Sequence[Mapping[str, Any]], monitor: Monitor) -> Mapping[str, Any] | None:
    """The record of the epoch that a monitor finds best; None if it was never defined."""
    best, found = nan, None
    for line in history:
        value = line.get(monitor.part, {}).get(monitor.metric)
        if value is not None and monitor.improves(value, best):
            best, found = value, line
    return found


def runs_in(folder: Path) -> Iterator[RecordedRun]:
    """All runs in a folder and the folders below it, by path; folds of a cross-validation are runs too."""
    for config in sorted(folder.rglob("config.yaml")):
        if (config.parent / "checkpoints").is_dir():
            yield RecordedRun(RunDirectory(config.parent))
