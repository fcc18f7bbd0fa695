"""The near end of a measurement: a process that trains one network and is asked, in lines of JSON, how fast.

Imports nothing but what every side needs, so that a side's start-up and memory are its own.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TextIO

from dltool.errors import DltoolError

#: a run this much shorter than asked for is repeated with more updates
SHORTEST = 0.8

Note = Callable[[str], None]
Request = Mapping[str, Any]
Answer = Callable[[Request], Mapping[str, Any]]


class Side(Protocol):
    """A network in training, of dltool or of a framework it is compared with."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What is told once, when the first step is done."""
        ...

    @property
    def answers(self) -> Mapping[str, Answer]:
        """What else this side can be asked, by name."""
        ...

    def train(self, updates: int) -> int:
        """Go on for so many updates; returns the samples that passed."""
        ...


class Server:
    """Answers requests about one side; `do` says which."""

    def __init__(self, open_side: Callable[[Request, Note], Side], replies: TextIO):
        self._open_side, self._replies = open_side, replies
        self._side: Side | None = None
        self._updates_per_second = 0.0

    def serve(self, requests: TextIO) -> None:
        """Answer until there are no more requests."""
        answers: dict[str, Answer] = {"open": self.open, "measure": self.measure, "memory": self.memory}
        for line in requests:
            request = json.loads(line)
            try:
                self._reply("answer", answers[request["do"]](request))
                answers.update(self._side.answers if self._side else {})
            except DltoolError as error:
                self._reply("refused", [str(problem) for problem in error.problems])

    def open(self, request: Request) -> Mapping[str, Any]:
        """Make the side ready and run its first step."""
        self._side = self._open_side(request, lambda text: self._reply("note", text))
        started = time.perf_counter()
        self._side.train(1)
        self._updates_per_second = 1 / (time.perf_counter() - started)
        return self._side.facts

    def measure(self, request: Request) -> Mapping[str, Any]:
        """Train for about so many `seconds`: updates, samples, and how long they took."""
        assert self._side is not None
        while True:
            updates = math.ceil(self._updates_per_second * request["seconds"])
            started = time.perf_counter()
            samples = self._side.train(updates)
            seconds = time.perf_counter() - started
            self._updates_per_second = updates / seconds
            if seconds >= SHORTEST * request["seconds"]:
                return {"updates": updates, "samples": samples, "seconds": seconds}

    def memory(self, request: Request) -> Mapping[str, Any]:
        """The most memory that this process ever held."""
        peak = re.search(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
        assert peak is not None
        return {"peak_bytes": int(peak[1]) << 10}

    def _reply(self, kind: str, content: Any) -> None:
        self._replies.write(json.dumps({kind: content}) + "\n")
        self._replies.flush()


def serve(open_side: Callable[[Request, Note], Side]) -> None:
    """Serve this process's standard input; whatever else writes to standard output is sent to standard error."""
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)
        Server(open_side, replies).serve(sys.stdin)
