"""The folder of a sweep: its config, the journal of its trials, one run for each trial, and what came out of them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dltool.errors import InputError, Problem
from dltool.training.run_directory import RunDirectory

#: default folder of sweeps
SWEEPS = Path("sweeps")


@dataclass(frozen=True)
class SweepFolder:
    """The paths of one sweep."""

    root: Path

    @property
    def config(self) -> Path:
        """The resolved config, with its `sweep` block; it is there from the beginning."""
        return self.root / "config.yaml"

    @property
    def journal(self) -> Path:
        """What Optuna knows of the trials: one line of JSON for each change, only ever appended to."""
        return self.root / "trials.jsonl"

    @property
    def best(self) -> Path:
        """The config with the values of the best trial."""
        return self.root / "best.yaml"

    @property
    def report(self) -> Path:
        """The HTML page about all trials."""
        return self.root / "report.html"

    def trial(self, number: int) -> RunDirectory:
        """The run of one trial."""
        return RunDirectory(self.root / f"trial-{number:03d}")

    def prepare(self) -> None:
        """Make the folder; raises InputError if that fails."""
        try:
            self._locks.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"the folder of the sweep cannot be made: {error.strerror}; choose another: --sweep-dir DIR"
            raise InputError(Problem(message, where=str(self.root))) from None

    @property
    def _locks(self) -> Path:
        return self.root / ".locks"

    def lock(self, name: str) -> Lock:
        """A lock that all processes with this folder share."""
        return Lock(self._locks / name)


class Lock:
    """A lock on a file, which the kernel releases when its holder ends, however it ends.

    Linux passes it on to the server of a network file system (NFS 4; NFS 3 with lockd).
    """

    def __init__(self, path: Path):
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Wait for the lock; always true."""
        return self._take(fcntl.LOCK_EX)

    def try_acquire(self) -> bool:
        """Take the lock unless another process, or another lock of this one, holds it."""
        return self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Give it back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, this process has the lock."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def _take(self, how: int) -> bool:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, how)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True
