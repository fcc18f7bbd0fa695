"""The thread that asks the networks: it takes all requests that wait and answers them with one call of the engine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from dltool.serve.metrics import Metrics
from dltool.serve.served import Served, Table

#: requests that are answered together
TOGETHER = 256


class OverloadedError(Exception):
    """More requests wait than can be answered soon."""


@dataclass
class Job:
    """One request: a name of a network, and what is to be predicted."""

    name: str
    rows: Any = None
    single: bool = False  # the answer is one row, not a list of one
    file: tuple[bytes, str] | None = None  # the content of a file instead, and its ending
    answer: asyncio.Future[Table] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


#: a job that is done, and its predictions or why there are none
Done = tuple[Job, Table | Exception]


class Worker:
    """Answers jobs in the order of their arrival."""

    def __init__(self, served: Mapping[str, Served], metrics: Metrics, most_waiting: int = 1024):
        """`served` may change while the worker runs: a job gets the network that has its name when it is its turn."""
        self._served, self._metrics, self._most = served, metrics, most_waiting
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="dltool-predict", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits, and end."""
        self._jobs.put(None)
        self._thread.join()

    async def predict(self, job: Job) -> Table:
        """The predictions; raises InputError for samples that cannot be used, OverloadedError if too many wait."""
        if self._jobs.qsize() >= self._most:
            raise OverloadedError
        self._jobs.put(job)
        return await job.answer

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs, ended = self._waiting(job)
            by_name: dict[str, list[Job]] = {}
            for one in jobs:
                by_name.setdefault(one.name, []).append(one)
            for name, some in by_name.items():
                self._answer(self._served[name], [one for one in some if not one.answer.cancelled()])
            if ended:
                return

    def _waiting(self, first: Job) -> tuple[list[Job], bool]:
        """The first job and those that wait behind it, and whether the worker is to end after them."""
        jobs = [first]
        while len(jobs) < TOGETHER:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _answer(self, served: Served, jobs: Sequence[Job]) -> None:
        together = [job for job in jobs if served.batched and not job.file]
        done = [(job, _alone(served, job)) for job in jobs if job.file or not served.batched]
        if together:
            answers = _tried(lambda: served.tables([job.rows for job in together]))
            answers = [answers] * len(together) if isinstance(answers, Exception) else answers
            done += zip(together, answers, strict=True)
            rows = sum(len(next(iter(one.values()))) for one in answers if isinstance(one, dict))
            self._metrics.batch_rows.observe(rows)
        if done:
            _tell(done)


def _alone(served: Served, job: Job) -> Table | Exception:
    """The predictions for a file, or for rows of which all are needed at once."""
    return _tried(lambda: served.table_of_file(*job.file) if job.file else served.table_of_rows(job.rows))


def _tried(function: Callable[[], Any]) -> Any:
    """The result, or the error: whatever is wrong, the thread goes on and the requests get to know it."""
    try:
        return function()
    except Exception as error:
        return error


def _tell(done: Sequence[Done]) -> None:
    """Hand answers to the requests, which wait in the event loop."""
    loop = done[0][0].answer.get_loop()

    def settle() -> None:
        for job, result in done:
            if job.answer.done():
                continue
            if isinstance(result, Exception):
                job.answer.set_exception(result)
            else:
                job.answer.set_result(result)

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:  # the loop has been closed, and nobody waits
        return
