"""What ranks show: rank 0 everything, the others nothing at once; their lines on standard error are kept."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any


class Log:
    """A file that a rank copies what it would show to, for as long as it can be written."""

    def __init__(self, path: Path):
        self._path, self._file = path, path.open("a", encoding="utf-8", errors="surrogateescape", buffering=1)
        self.problem = ""

    def write(self, text: str) -> None:
        """Write a text; the first error ends the log, not the training."""
        if self.problem:
            return
        try:
            self._file.write(text)
        except OSError as error:
            self.problem = f"warning: {self._path}: the log ends here: {error.strerror}"
            with suppress(OSError):  # it tries to write the rest again
                self._file.close()


class KeptLines(io.TextIOBase):
    """Keeps the lines that are written, for rank 0 to show, and copies all to a log if there is one."""

    def __init__(self) -> None:
        self._text = ""
        self.log: Log | None = None

    @property
    def lines(self) -> list[str]:
        """All lines so far."""
        problems = [self.log.problem] if self.log and self.log.problem else []
        return [*self._text.splitlines(), *problems]

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
        if self.log:
            self.log.write(text)
        return len(text)


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
    log = Log(folder / f"rank-{number}.log")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, KeptLines):
            stream.log = log


def logging_rank() -> bool:
    """Whether what this rank shows goes to a file."""
    return isinstance(sys.stdout, KeptLines) and sys.stdout.log is not None
