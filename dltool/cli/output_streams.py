"""Standard output and error that may fail: a closed pipe, a closed terminal, a full device.

A command whose result is its output then ends; a training continues without output. No write is retried, so Python does
not complain at exit.
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
#: nobody is reading any more, which is not an error
UNREAD = {errno.EPIPE, errno.EIO}


class OutputLostError(RunError):
    """Standard output has failed; without a message if its reader has merely stopped reading."""

    def __init__(self, error: OSError):
        problem = Problem(f"cannot be written: {error.strerror}", "standard output")
        super().__init__(*([] if error.errno in UNREAD else [problem]))
        if error.errno in UNREAD:
            self.exit_code = 128 + signal.SIGPIPE


class Outlet(io.RawIOBase):
    """Writes to a descriptor until the first failure, then calls `on_loss` and drops the rest."""

    def __init__(self, descriptor: int, on_loss: Callable[[OSError], None]):
        self._descriptor, self.on_loss = descriptor, on_loss
        self._lost = False

    def write(self, data: Any, /) -> int:
        """Write all data, or nothing after a failure."""
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
    """Text on an outlet, flushed by line; file names that are not text keep their bytes."""

    def __init__(self, outlet: Outlet, encoding: str):
        self.outlet = outlet
        errors = "surrogateescape" if encoding.lower().replace("-", "") == "utf8" else "replace"
        super().__init__(io.BufferedWriter(outlet), encoding, errors, line_buffering=True)


def keep_streams() -> None:
    """Replace standard output and error by streams that may fail without harm."""
    closed = {descriptor for descriptor in (INPUT, OUTPUT, ERROR) if not _is_open(descriptor)}
    for descriptor in sorted(closed):  # otherwise the next opened file gets this descriptor, and messages go into it
        os.open(os.devnull, os.O_RDONLY if descriptor == OUTPUT else os.O_RDWR)
    sys.stdout = _output(sys.stdout, OUTPUT, _end)
    sys.stderr = _output(sys.stderr, ERROR, _ignore)


def write_alone() -> None:
    """Let libraries in C, such as gloo, write nothing to standard output from now on, unless it is a terminal."""
    if os.isatty(OUTPUT):
        return
    sys.stdout.flush()
    sys.stdout = _output(sys.stdout, os.dup(OUTPUT), _end)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, OUTPUT)
    os.close(nowhere)


def go_on_without_output() -> None:
    """Continue from now on when standard output fails, with a warning if that is an error."""
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
        sys.stderr.write(f"warning: standard output cannot be written: {error.strerror}; continuing without it\n")


def _ignore(error: OSError) -> None:
    """Do nothing: there is no stream left for a message."""
