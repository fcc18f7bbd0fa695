"""`metrics.jsonl`: one JSON object per line, append-only, and truncated to the checkpoint's length on resuming.

Only "seconds" depends on the clock, so equal runs write equal lines otherwise.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from dltool.errors import InputError, Problem, RunError
from dltool.training.strict_json import to_json


class Follower(Protocol):
    """What gets the records of a log too."""

    def append(self, records: Sequence[Mapping[str, Any]], /) -> None:
        """Take in more records."""

    def close(self) -> None:
        """There will be no more."""


class MetricsLog:
    """The open log of one run, locked against other processes."""

    def __init__(self, path: Path, *, keep: int = 0, followers: Sequence[Follower] = ()):
        """Open `path` and truncate it to its first `keep` bytes; followers get what is kept, then what is appended."""
        self.path, self._followers = path, followers
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._descriptor, min(keep, os.fstat(self._descriptor).st_size))
        except BlockingIOError:
            raise InputError(Problem("another process is training this run", where=str(path.parent))) from None
        except OSError as error:
            raise InputError(Problem(f"cannot be written: {error.strerror}", where=str(path))) from None
        if followers and keep:
            self._tell([json.loads(line) for line in _lines(path)])

    def append(self, records: Sequence[dict[str, Any]]) -> None:
        """Write one line for each record; non-finite numbers become null."""
        self._write(records)
        self._tell(records)

    def _tell(self, records: Sequence[dict[str, Any]]) -> None:
        for follower in self._followers:
            follower.append(records)

    def _write(self, records: Sequence[dict[str, Any]]) -> None:
        text = "".join(to_json(record) + "\n" for record in records).encode()
        try:
            while text:
                text = text[os.write(self._descriptor, text) :]
        except OSError as error:
            raise RunError(Problem(f"cannot be written: {error.strerror}", where=str(self.path))) from None

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return os.fstat(self._descriptor).st_size

    def flush(self) -> None:
        """Flush all lines to disk."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file, and the followers."""
        os.close(self._descriptor)
        for follower in self._followers:
            follower.close()


class NoLog:
    """What stands for the log in a process that writes none."""

    size = 0

    def append(self, records: Iterable[dict[str, Any]]) -> None:
        """Leave it to rank 0."""

    def flush(self) -> None:
        """Nothing to flush."""

    def close(self) -> None:
        """Nothing to close."""


def read_epochs(path: Path) -> list[dict[str, Any]]:
    """The epoch lines of a run so far, without a truncated last line."""
    return [json.loads(line) for line in _lines(path) if line.startswith('{"kind": "epoch"') and line.endswith("}\n")]


def read_end(path: Path) -> dict[str, Any]:
    """The last line of a run that has ended; empty for a run that has not."""
    last = _lines(path)[-1:]
    return json.loads(last[0]) if last and last[0].startswith('{"kind": "end"') and last[0].endswith("}\n") else {}


def has_ended(path: Path) -> bool:
    """Whether the run has ended by itself."""
    return bool(read_end(path))


def _lines(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            return list(file)
    except OSError:
        return []
