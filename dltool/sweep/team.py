"""The workers of a sweep, as seen from the process that started them."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from dltool.errors import RunError
from dltool.sweep.messages import Stop

Work = TypeVar("Work")


class WorkerDiedError(RunError):
    """A worker has ended without a word: it was killed, or ran out of memory."""


class Worker(Generic[Work]):
    """One process, and what it works on."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        command = [sys.executable, "-P", "-m", "dltool.sweep.worker", str(theirs.fileno())]
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            start_new_session=True,  # signals of the terminal are for the sweep, which tells its workers
        )
        theirs.close()
        self.connection = Connection(ours.detach())
        self.work: Work | None = None

    def begin(self, task: Any, work: Work | None = None) -> None:
        """Give it a task."""
        self.work = work
        self.send(task)

    def send(self, message: Any) -> None:
        """Send a message; that it has died is found out by `receive`."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)

    def receive(self) -> Any:
        """Its next message; raises WorkerDiedError if there will be none."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            raise WorkerDiedError(f"a worker process has died{self._last_words()}") from None

    def end(self) -> None:
        """End the process at once; a trial that it runs can go on from its last checkpoint."""
        self._process.kill()
        self._process.wait()
        self.connection.close()
        self._errors.close()

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        how = f"killed by signal {-code}; is there enough memory?" if code < 0 else f"exit code {code}"
        return f" ({how}){': ' + lines[-1] if lines else ''}"


class Team(Generic[Work]):
    """All workers; inside, they live, and afterwards none is left."""

    def __init__(self) -> None:
        self.workers: list[Worker[Work]] = []

    def __enter__(self) -> Team[Work]:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.workers:
            worker.end()

    def hire(self) -> Worker[Work]:
        """One more worker."""
        worker: Worker[Work] = Worker()
        self.workers.append(worker)
        return worker

    def dismiss(self, worker: Worker[Work]) -> None:
        """End a worker."""
        self.workers.remove(worker)
        worker.end()

    def stop(self) -> None:
        """Ask all to save their trials and stop them."""
        for worker in self.workers:
            worker.send(Stop())

    def speaking(self, seconds: float) -> Iterator[Worker[Work]]:
        """The workers that have something to say, within some seconds."""
        ready = wait([worker.connection for worker in self.workers], seconds)
        yield from [worker for worker in self.workers if worker.connection in ready]
