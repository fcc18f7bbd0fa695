"""Threads that wait for work in Python and do it outside: each call of the step loop releases the interpreter lock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Team:
    """`size` threads, the calling one among them; the others sleep between calls."""

    def __init__(self, size: int):
        self.size = size
        self._work: list[SimpleQueue[Callable[[int], None]]] = [SimpleQueue() for _ in range(size - 1)]
        self._done: SimpleQueue[None] = SimpleQueue()
        for number, queue in enumerate(self._work, start=1):
            threading.Thread(target=self._serve, args=(number, queue), daemon=True, name=f"dltool-{number}").start()

    def run(self, function: Callable[[int], None]) -> None:
        """Call `function(number)` once on every thread, and return when all have."""
        for queue in self._work:
            queue.put(function)
        function(0)
        for _ in self._work:
            self._done.get()

    def _serve(self, number: int, queue: SimpleQueue[Callable[[int], None]]) -> None:
        while True:
            queue.get()(number)
            self._done.put(None)
