"""The measured side: a process that trains one network and answers requests in JSON lines.

It imports only what every framework's process needs, so that start-up time and memory are the framework's own.
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

#: a measurement shorter than this share of the requested time is repeated with more updates
SHORTEST = 0.8

Note = Callable[[str], None]
Request = Mapping[str, Any]
Answer = Callable[[Request], Mapping[str, Any]]


class Side(Protocol):
    """A network that trains in dltool or in another framework."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Facts reported once, after the first step."""
        ...

    @property
    def handlers(self) -> Mapping[str, Answer]:
        """Handlers of further requests, by name."""
        ...

    def train(self, updates: int) -> int:
        """Train for `updates` more updates; returns the number of samples."""
        ...


class Server:
    """Answers requests to one framework; the field `do` names the request."""

    def __init__(self, open_side: Callable[[Request, Note], Side], replies: TextIO):
        self._open_side, self._replies = open_side, replies
        self._side: Side | None = None
        self._updates_per_second = 0.0

    def serve(self, requests: TextIO) -> None:
        """Answer requests until the input ends."""
        answers: dict[str, Answer] = {"open": self.open, "measure": self.measure, "memory": self.memory}
        for line in requests:
            request = json.loads(line)
            try:
                self._reply("answer", answers[request["do"]](request))
                answers.update(self._side.handlers if self._side else {})
            except DltoolError as error:
                self._reply("refused", [str(problem) for problem in error.problems])

    def open(self, request: Request) -> Mapping[str, Any]:
        """Load the framework's network and run its first step."""
        self._side = self._open_side(request, lambda text: self._reply("note", text))
        started = time.perf_counter()
        self._side.train(1)
        self._updates_per_second = 1 / (time.perf_counter() - started)
        return self._side.facts

    def measure(self, request: Request) -> Mapping[str, Any]:
        """Train for about the requested `seconds`: updates, samples, and the seconds they took."""
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
        """The peak resident memory of this process."""
        peak = re.search(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
        assert peak is not None
        return {"peak_bytes": int(peak[1]) << 10}

    def _reply(self, kind: str, content: Any) -> None:
        self._replies.write(json.dumps({kind: content}) + "\n")
        self._replies.flush()


def serve(open_side: Callable[[Request, Note], Side]) -> None:
    """Answer requests from standard input; other output to standard output is redirected to standard error."""
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)
        Server(open_side, replies).serve(sys.stdin)
