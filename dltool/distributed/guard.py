"""A small process that watches a rank: it says which one died or hangs, and ends it; the launcher then ends the others.

The rank is its child. Launchers send signals to the watching process, which passes each on once.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dltool.distributed.launched import Launched, end_all

#: seconds between signs of life
BEAT = 1.0
#: seconds without one after which a rank counts as hanging
PATIENCE = 10
#: seconds that a rank has to end after a second signal; launchers repeat the first one sooner than that
GRACE = 1.0

#: what a rank says: that it is alive; that it may be silent from now on, and no longer; that it has joined the others
_ALIVE, _WAITS, _GOES_ON, _JOINED = b".", b"(", b")", b"+"
#: where this process says so, if it is watched
_signs: list[int] = []
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
_PR_SET_PDEATHSIG = 1


def become_rank(launched: Launched, say: Callable[[str], None]) -> int | None:
    """Go on as the child of a process that watches it: returns None there, the exit code in the watching process.

    `say` shows a line about a rank that did not end by itself.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        os.close(reader)
        _signs.append(writer)
        _follow_parent()
        threading.Thread(target=_beat, args=(writer,), daemon=True, name="dltool-beat").start()
        return None
    os.close(writer)
    return _Guard(child, reader, launched, say).watch()


@contextmanager
def waiting_for_others() -> Iterator[None]:
    """What may take long and keep other threads from running, as MPI's start does until the last rank has come."""
    for writer in _signs:
        os.write(writer, _WAITS)
    try:
        yield
    finally:
        for writer in _signs:
            os.write(writer, _GOES_ON)


def say_joined() -> None:
    """Say that this rank has joined the others: the launcher sees from now on when it dies."""
    for writer in _signs:
        os.write(writer, _JOINED)


def _follow_parent() -> None:
    """Die with the watching process, and get signals from nobody else."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setpgid(0, 0)


def _beat(writer: int) -> None:
    while True:
        os.write(writer, _ALIVE)
        time.sleep(BEAT)


class _Guard:
    """The watching process."""

    def __init__(self, child: int, reader: int, launched: Launched, say: Callable[[str], None]):
        self._child, self._reader, self._say = child, reader, say
        self._rank = f"rank {launched.number} on {socket.gethostname()}"
        self._signals, self._asked, self._joined = 0, -GRACE, False
        for number in _PASSED_ON:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._pass_on)

    def watch(self) -> int:
        """Wait for the end of the rank; returns its exit code, or 128 + the signal that ended it."""
        code = self._wait()
        if code > 128 or (code and not self._joined):
            time.sleep(GRACE)  # until the launcher has shown what was said
        if code and not self._joined:
            end_all(code)
        return code

    def _wait(self) -> int:
        silent, launcher, waits = 0, os.getppid(), False
        while silent < PATIENCE:
            if os.getppid() != launcher:
                return self._end(f"{self._rank} has lost its launcher and is ended")
            if not select.select([self._reader], [], [], BEAT + 0.1)[0]:
                silent += not waits  # counted, not timed: a job that the scheduler has suspended does not hang
            elif said := os.read(self._reader, 4096):
                silent = 0
                self._joined |= _JOINED in said
                waits = said.rfind(_WAITS) > said.rfind(_GOES_ON) or (waits and _GOES_ON not in said)
            else:
                return self._code(os.waitpid(self._child, 0)[1])
        return self._end(f"{self._rank} has not responded for {PATIENCE} s and is ended")

    def _end(self, what: str) -> int:
        self._say(f"error: {what}; {_HINT}")
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)
        return 128 + signal.SIGKILL

    def _code(self, status: int) -> int:
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return code
        number = signal.Signals(-code)
        why = " (perhaps for lack of memory)" if number == signal.SIGKILL else ""
        if self._signals < 2:
            self._say(f"error: {self._rank} was ended by {number.name}{why}; {_HINT}")
        return 128 + number

    def _pass_on(self, number: int, frame: object) -> None:
        now = time.monotonic()
        if now - self._asked < GRACE:
            return
        self._asked = now
        self._signals += 1
        os.kill(self._child, number)
        if self._signals > 1 and number != signal.SIGHUP:
            time.sleep(GRACE)
            os.kill(self._child, signal.SIGKILL)


_HINT = "what it has saved is kept: dltool resume RUN"
