"""A worker of a sweep: a process of its own that runs one trial after the other.

It ends with the process that started it. It takes no signals from the terminal, since it is in a session of its own:
whoever started it says when to stop.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Queue
from typing import Any

from dltool.config.loading import dump_yaml, from_resolved, resolved
from dltool.errors import DltoolError, InputError, Problem
from dltool.sweep.messages import Broken, Done, Epoch, Failed, Look, Looked, Reply, Stop, Train
from dltool.sweep.study import Ended
from dltool.training.checkpoint import Checkpoint
from dltool.training.divergence import DivergedError
from dltool.training.events import EpochEnded, Event
from dltool.training.job import Job, open_job
from dltool.training.loop import Trainer
from dltool.training.run_directory import RunDirectory
from dltool.training.saving import LAST, find, load


class Channel:
    """The pipe to the process that started this one; when that process ends, so does this one."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._messages: Queue[Any] = Queue()
        self.stopped = False
        threading.Thread(target=self._receive, daemon=True).start()

    def tasks(self) -> Iterator[Look | Train]:
        """Tasks as they come; never ends by itself."""
        while True:
            task = self._messages.get()
            if isinstance(task, Look | Train):
                yield task

    def send(self, message: Any) -> None:
        """Send a message."""
        self._connection.send(message)

    def ask(self, message: Epoch) -> bool:
        """Tell of an epoch; returns whether to prune the trial."""
        self.send(message)
        while not self.stopped:
            reply = self._messages.get()
            if isinstance(reply, Reply):
                return reply.prune
        return False

    def _receive(self) -> None:
        try:
            while True:
                message = self._connection.recv()
                if not isinstance(message, Reply):
                    self.stopped = isinstance(message, Stop)  # in the order in which they come
                self._messages.put(message)
        except (EOFError, OSError):
            os._exit(1)  # nobody is left to report to


def main() -> None:
    """Serve the process at the other end of the descriptor that is the only argument."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    channel = Channel(Connection(int(sys.argv[1])))
    for task in channel.tasks():
        channel.send(_result(task, channel))


def _result(task: Look | Train, channel: Channel) -> Looked | Done | Failed | Broken:
    """What came of a task; no error gets out."""
    try:
        if isinstance(task, Look):
            return _look(task)
        return Done(_train(task, channel))
    except InputError as error:
        return Failed(error.problems)
    except MemoryError:
        return Failed([Problem("not enough memory")])
    except DltoolError as error:
        return Broken(error.problems, error.exit_code)
    except OSError as error:
        return Broken([Problem(error.strerror or str(error), str(error.filename or ""))])
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return Failed([Problem(f"{what}; this is a bug in dltool")])


def _opened(task: Look | Train) -> Job:
    return open_job(from_resolved(task.config), [Path(folder) for folder in task.folders])


def _look(task: Look) -> Looked:
    job = _opened(task)
    job.feed.close()
    return Looked(
        rows={part: len(samples) for part, samples in job.dataset.parts.items()},
        parameters=sum(value.spec.size for value in job.network.graph.parameters()),
        notes=(*job.start.notes, *job.dataset.notes),
        warnings=(*job.network.warnings, *job.dataset.warnings),
    )


def _train(task: Train, channel: Channel) -> Ended | None:
    """How the trial ended; None if it was stopped."""
    run, job = RunDirectory(Path(task.root)), _opened(task)
    checkpoint = _to_continue(run, job)
    monitor, pruned = job.judge.best, False

    def hear(event: Event) -> None:
        nonlocal pruned
        if isinstance(event, EpochEnded):
            pruned = channel.ask(Epoch(event.line["epoch"], monitor.value(event.line)))

    trainer = Trainer(job, run, notify=hear, stop=lambda: pruned or channel.stopped, checkpoint=checkpoint)
    try:
        reason, counters = trainer.train(stopped=lambda: "pruned" if pruned else "signal")
    except DivergedError as error:
        return Ended("diverged", message=error.problems[0].message)
    if reason == "signal":
        return None
    return Ended(reason, counters.best_value, counters.best_epoch, counters.epoch, round(counters.seconds, 6))


def _to_continue(run: RunDirectory, job: Job) -> Checkpoint | None:
    """The last checkpoint of a trial that was cut off; None if it begins, or if config or data have changed since."""
    run.last.parent.mkdir(parents=True, exist_ok=True)
    try:
        checkpoint = load(find(run.root, (LAST,)), lambda text: None)
        same = _whatever_threads(checkpoint.config) == _whatever_threads(resolved(job.experiment))
        if same and checkpoint.fingerprint == job.dataset.fingerprint:
            return checkpoint
    except InputError:
        pass
    for left in run.last.parent.iterdir():
        left.unlink()
    run.write_config(dump_yaml(resolved(job.experiment)))
    return None


def _whatever_threads(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config without its number of threads, which changes no result."""
    return {**config, "train": {**config["train"], "threads": None}}


if __name__ == "__main__":
    main()
