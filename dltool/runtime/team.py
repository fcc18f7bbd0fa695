"""Threads that wait for work in Python and do it outside: each call of the step loop releases the interpreter lock."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from queue import SimpleQueue

Work = SimpleQueue[Callable[[int], None] | None]


class Team:
    """`size` threads, the calling one among them; the others sleep between calls, and end with the team."""

    def __init__(self, size: int):
        self.size = size
        self._work: list[Work] = [SimpleQueue() for _ in range(size - 1)]
        self._done: SimpleQueue[None] = SimpleQueue()
        for number, work in enumerate(self._work, start=1):
            arguments = (number, work, self._done)
            threading.Thread(target=_serve, args=arguments, daemon=True, name=f"dltool-{number}").start()
        weakref.finalize(self, _dismiss, self._work)

    def run(self, function: Callable[[int], None]) -> None:
        """Call `function(number)` once on every thread, and return when all have."""
        for work in self._work:
            work.put(function)
        function(0)
        for _ in self._work:
            self._done.get()


def _serve(number: int, work: Work, done: SimpleQueue[None]) -> None:
    while (function := work.get()) is not None:
        function(number)
        del function  # it may hold the team, which a sleeping thread must not keep alive
        done.put(None)


def _dismiss(team: Sequence[Work]) -> None:
    for work in team:
        work.put(None)
