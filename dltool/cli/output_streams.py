"""Standard output and error that may go away: a pipe that closes, a terminal that is shut, a device that is full.

A command whose result is what it writes ends then; a training goes on without it. Nothing is tried twice, so that
Python has nothing to complain about at its end.
"""

from __future__ import annotations

import errno
import io
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Any

from dltool.errors import Problem, RunError

INPUT, OUTPUT, ERROR = range(3)
#: nobody is there to read on, which is no fault
UNREAD = {errno.EPIPE, errno.EIO}


class OutputLostError(RunError):
    """Standard output takes nothing more; without a line where its reader has just had enough."""

    def __init__(self, error: OSError):
        problem = Problem(f"cannot be written: {error.strerror}", "standard output")
        super().__init__(*([] if error.errno in UNREAD else [problem]))
        if error.errno in UNREAD:
            self.exit_code = 128 + signal.SIGPIPE


class Outlet(io.RawIOBase):
    """Writes to a descriptor until that fails once; `on_loss` is told then, and the rest is dropped."""

    def __init__(self, descriptor: int, on_loss: Callable[[OSError], None]):
        self._descriptor, self.on_loss = descriptor, on_loss
        self._lost = False

    def write(self, data: Any, /) -> int:
        """All of it, or none any more."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest and not self._lost:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError as error:
                self._lost = True
                self.on_loss(error)
        return size

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)


class Output(io.TextIOWrapper):
    """Text for an outlet, each line at once; names that are no text come out as the bytes that they are."""

    def __init__(self, outlet: Outlet, encoding: str):
        self.outlet = outlet
        errors = "surrogateescape" if encoding.lower().replace("-", "") == "utf8" else "replace"
        super().__init__(io.BufferedWriter(outlet), encoding, errors, line_buffering=True)


def keep_streams() -> None:
    """Let standard output and error of this process be such that losing them does no harm."""
    closed = {descriptor for descriptor in (INPUT, OUTPUT, ERROR) if not _is_open(descriptor)}
    for descriptor in sorted(closed):  # else the next file opened takes the number, and what is told goes into it
        os.open(os.devnull, os.O_RDONLY if descriptor == OUTPUT else os.O_RDWR)
    sys.stdout = _output(sys.stdout, OUTPUT, _end)
    sys.stderr = _output(sys.stderr, ERROR, _ignore)


def go_on_without_output() -> None:
    """From now on losing standard output is no reason to end; one line tells of it where that is a fault."""
    if isinstance(sys.stdout, Output):
        sys.stdout.outlet.on_loss = _warn


def _output(before: Any, descriptor: int, on_loss: Callable[[OSError], None]) -> Output:
    return Output(Outlet(descriptor, on_loss), before.encoding if before else "utf-8")


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _end(error: OSError) -> None:
    raise OutputLostError(error)


def _warn(error: OSError) -> None:
    if error.errno not in UNREAD:
        sys.stderr.write(f"warning: standard output cannot be written: {error.strerror}; going on without it\n")


def _ignore(error: OSError) -> None:
    """There is no place left to tell it."""
