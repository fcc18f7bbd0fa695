"""What ranks show: rank 0 everything, the others nothing at once; their lines on standard error are kept."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any, TextIO


class KeptLines(io.TextIOBase):
    """Keeps the lines that are written, for rank 0 to show, and copies all to a log if there is one."""

    def __init__(self) -> None:
        self._text = ""
        self.log: TextIO | None = None

    @property
    def lines(self) -> list[str]:
        """All lines so far."""
        return self._text.splitlines()

    def write(self, text: str, /) -> int:
        """Keep a text."""
        self._text += text
        if self.log:
            self.log.write(text)
        return len(text)

    def writable(self) -> bool:
        return True


class Unshown(KeptLines):
    """Drops what is written, but for the log."""

    def write(self, text: str, /) -> int:
        """Log a text."""
        return self.log.write(text) if self.log else len(text)


class Shown(io.TextIOBase):
    """Shows lines on a stream and remembers them."""

    def __init__(self, stream: Any):
        self._stream, self.lines = stream, list[str]()

    def write(self, text: str, /) -> int:
        """Show a text."""
        self.lines += text.splitlines()
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()


def log_ranks(folder: Path | None, number: int) -> None:
    """Write what this rank shows to a file of its own, unless it is rank 0."""
    if folder is None or not isinstance(sys.stderr, KeptLines):
        return
    folder.mkdir(parents=True, exist_ok=True)
    log = (folder / f"rank-{number}.log").open("a", encoding="utf-8", buffering=1)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, KeptLines):
            stream.log = log


def logging_rank() -> bool:
    """Whether what this rank shows goes to a file."""
    return isinstance(sys.stdout, KeptLines) and sys.stdout.log is not None
