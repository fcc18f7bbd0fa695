"""The far end of a measurement: starting processes that train, asking them in turn, and ending them."""

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

#: modules that serve a side
DLTOOL = "dltool.bench.worker"
PYTORCH = "dltool.bench.pytorch.worker"

#: seconds that a process may take to end once nothing more is asked of it
FAREWELL_SECONDS = 5.0


class Start(NamedTuple):
    """How the process of a side is started, and what it is asked first."""

    module: str
    request: Mapping[str, Any]


class Process:
    """A process of its own with one side; it sleeps while it is not asked, and ends with the `with` block."""

    def __init__(self, start: Start, *, environment: Mapping[str, str] | None = None):
        """`environment` adds to that of this process."""
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
            start_new_session=True,  # an interrupt is for the asking process, which ends this one
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None  # both are pipes
        self._requests, self._replies = self._process.stdin, self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, at once if something went wrong."""
        if kind is not None:
            self._process.kill()
        try:
            self._process.communicate(timeout=FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._errors.close()

    def open(self, on_note: Callable[[str], None] = lambda text: None) -> tuple[dict[str, Any], float]:
        """The side's facts, and the seconds from the process's start to the end of its first step."""
        facts = self.ask("open", on_note, **self._start.request)
        return facts, time.perf_counter() - self._started

    def ask(self, what: str, on_note: Callable[[str], None] = lambda text: None, **request: Any) -> dict[str, Any]:
        """One answer; raises InputError where the side refuses, RunError where the process has ended."""
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
    """Where the process finds this same dltool, whatever folder it is started in."""
    paths = [str(Path(dltool.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(filter(None, paths))
