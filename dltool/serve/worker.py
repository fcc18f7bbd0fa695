"""Answering requests together: all that wait are predicted with one call of the engine.

A batch that takes a few milliseconds is predicted in the event loop, because a change of threads would cost more. Any
other batch is predicted in a thread, and requests go on arriving meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dltool.serve.metrics import Metrics
from dltool.serve.served import Served, Table

#: requests that are answered together
TOGETHER = 256
#: requests that may wait
MOST_WAITING = 1024
#: seconds that the event loop may spend on a batch
QUICK = 0.005


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

    @property
    def size(self) -> float:
        """How many rows it has, as far as can be told."""
        if isinstance(self.rows, list | np.ndarray):
            return len(self.rows)
        if isinstance(self.rows, dict) and self.rows:
            return max((len(cells) for cells in self.rows.values() if isinstance(cells, list)), default=1)
        return float("inf")


#: the predictions of a job, or why there are none
Result = Table | Exception


class Worker:
    """Answers jobs in the order of their arrival."""

    def __init__(self, served: Mapping[str, Served], metrics: Metrics, seconds: float):
        """`served` may change while the worker runs: a job gets the network that has its name when it is its turn.

        A job is given up after `seconds`.
        """
        self._served, self._metrics, self._seconds = served, metrics, seconds
        self._waiting: list[Job] = []
        self._busy = False  # the thread has a batch
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dltool-predict")
        self._row_seconds: dict[str, float] = defaultdict(lambda: float("inf"))  # by name, in the last batch

    def stop(self) -> None:
        """End the thread once it is done."""
        self._thread.shutdown()

    def predict(self, job: Job) -> asyncio.Future[Table]:
        """The predictions to come, or InputError or TimeoutError; raises OverloadedError if too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            raise OverloadedError
        self._waiting.append(job)
        if self._busy:
            timer = self._give_up_later([job])
            job.answer.add_done_callback(lambda _: timer.cancel())
        elif len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._begin)
        return job.answer

    def _begin(self) -> None:
        """Take the jobs that wait, up to a batch."""
        jobs = [job for job in self._waiting[:TOGETHER] if not job.answer.done()]
        del self._waiting[:TOGETHER]
        if self._is_quick(jobs):
            self._end(jobs, self._results(jobs))
            return
        self._busy = True
        timer = self._give_up_later(jobs)
        done = asyncio.get_running_loop().run_in_executor(self._thread, self._results, jobs)
        done.add_done_callback(lambda _: timer.cancel())
        done.add_done_callback(lambda future: self._end(jobs, future.result()))

    def _give_up_later(self, jobs: Sequence[Job]) -> asyncio.TimerHandle:
        def give_up() -> None:
            for job in jobs:
                if not job.answer.done():
                    job.answer.set_exception(TimeoutError())

        return asyncio.get_running_loop().call_later(self._seconds, give_up)

    def _end(self, jobs: Sequence[Job], results: Sequence[Result]) -> None:
        """Hand out results, and go on with the jobs that have come meanwhile."""
        for job, result in zip(jobs, results, strict=True):
            if job.answer.done():  # given up
                continue
            if isinstance(result, Exception):
                job.answer.set_exception(result)
            else:
                job.answer.set_result(result)
        self._busy = False
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._begin)

    def _is_quick(self, jobs: Sequence[Job]) -> bool:
        return sum(self._row_seconds[job.name] * job.size for job in jobs) < QUICK

    def _results(self, jobs: Sequence[Job]) -> list[Result]:
        results: dict[int, Result] = {}
        by_name: dict[str, list[Job]] = defaultdict(list)
        for job in jobs:
            by_name[job.name].append(job)
        for name, some in by_name.items():
            results |= zip(map(id, some), self._results_of(self._served[name], some), strict=True)
        return [results[id(job)] for job in jobs]

    def _results_of(self, served: Served, jobs: Sequence[Job]) -> list[Result]:
        """The results of one network."""
        together = [job for job in jobs if served.batched and not job.file]
        answers = iter(self._results_together(served, together) if together else [])
        return [next(answers) if served.batched and not job.file else _alone(served, job) for job in jobs]

    def _results_together(self, served: Served, jobs: Sequence[Job]) -> Sequence[Result]:
        started = time.perf_counter()
        answers = _tried(lambda: served.tables([job.rows for job in jobs]))
        if isinstance(answers, Exception):
            return [answers] * len(jobs)
        rows = sum(len(next(iter(one.values()))) for one in answers if isinstance(one, dict))
        self._metrics.batch_rows.observe(rows)
        if rows:
            self._row_seconds[served.name] = (time.perf_counter() - started) / rows
        return answers


def _alone(served: Served, job: Job) -> Result:
    """The predictions for a file, or for rows of which all are needed at once."""
    return _tried(lambda: served.table_of_file(*job.file) if job.file else served.table_of_rows(job.rows))


def _tried(function: Callable[[], Any]) -> Any:
    """The result, or the error: whatever is wrong, the server goes on and the requests get to know it."""
    try:
        return function()
    except Exception as error:
        return error
