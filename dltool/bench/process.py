"""The measuring side: starts training processes, sends them requests, and ends them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import dltool
from dltool.errors import InputError, RunError

#: modules of the training processes
DLTOOL = "dltool.bench.worker"
PYTORCH = "dltool.bench.pytorch.worker"

#: seconds that a process has to end after the last request
FAREWELL_SECONDS = 5.0


class Start(NamedTuple):
    """How to start a training process, and its first request."""

    module: str
    request: Mapping[str, Any]


class Process:
    """A training process of one framework; it sleeps between requests and ends with the `with` block."""

    def __init__(self, start: Start, *, environment: Mapping[str, str] | None = None):
        """Start the process; `environment` adds to the current variables."""
        self._start = start
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", start.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "PYTHONPATH": _search_path(), **(environment or {})},
            start_new_session=True,  # Ctrl-C reaches only the measuring process, which ends this one
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None  # both are pipes
        self._requests, self._replies = self._process.stdin, self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, immediately after an error."""
        if kind is not None:
            self._process.kill()
        try:
            self._process.communicate(timeout=FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._errors.close()

    def open(self, on_note: Callable[[str], None] = lambda text: None) -> tuple[dict[str, Any], float]:
        """The process's facts, and the seconds from its start to the end of its first training step."""
        facts = self.ask("open", on_note, **self._start.request)
        return facts, time.perf_counter() - self._started

    def ask(self, what: str, on_note: Callable[[str], None] = lambda text: None, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer; raises InputError if refused, RunError if it has ended."""
        try:
            self._requests.write(json.dumps({"do": what, **request}) + "\n")
            self._requests.flush()
        except BrokenPipeError:
            raise self._ended() from None
        for line in self._replies:
            reply = json.loads(line)
            if "answer" in reply:
                return reply["answer"]
            if "refused" in reply:
                raise InputError(*reply["refused"])
            on_note(reply["note"])
        raise self._ended()

    def _ended(self) -> RunError:
        code = self._process.wait()
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors if line.strip()]
        why = lines[-1] if lines else f"signal {-code}" if code < 0 else f"exit code {code}"
        return RunError(f"the measuring process {self._start.module} ended: {why}")


def _search_path() -> str:
    """PYTHONPATH on which the process finds this same dltool from any folder."""
    paths = [str(Path(dltool.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(filter(None, paths))
