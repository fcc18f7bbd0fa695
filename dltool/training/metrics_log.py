"""`metrics.jsonl`: one JSON object a line, only ever appended to, and cut back to a checkpoint's mark on resuming.

Lines hold nothing that depends on the clock but "seconds", so that equal runs leave equal lines.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dltool.errors import InputError, Problem, RunError
from dltool.training.strict_json import to_json


class MetricsLog:
    """The open file of one run, which no other process may write meanwhile."""

    def __init__(self, path: Path, *, keep: int = 0):
        """Open `path` and cut it back to its first `keep` bytes."""
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._descriptor, min(keep, os.fstat(self._descriptor).st_size))
        except BlockingIOError:
            raise InputError(Problem("another process is training this run", where=str(path.parent))) from None
        except OSError as error:
            raise InputError(Problem(f"cannot be written: {error.strerror}", where=str(path))) from None

    def append(self, records: Iterable[dict[str, Any]]) -> None:
        """Write one line for each record; what is not a finite number becomes null."""
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
        """Bring all lines to the disk."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def read_epochs(path: Path) -> list[dict[str, Any]]:
    """The epoch lines of a run so far; a last line that was cut short is left out."""
    return [json.loads(line) for line in _lines(path) if line.startswith('{"kind": "epoch"') and line.endswith("}\n")]


def has_ended(path: Path) -> bool:
    """Whether the run came to an end of its own."""
    return any(line.startswith('{"kind": "end"') for line in _lines(path)[-1:])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    except OSError:
        return []
