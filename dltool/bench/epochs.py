"""Times whole epochs as `dltool train` runs them: with evaluation, log and checkpoints."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dltool.config.loading import dump_yaml, resolved
from dltool.training.events import EpochEnded, Event
from dltool.training.job import Job
from dltool.training.loop import Trainer
from dltool.training.run_directory import create


def train_epochs(job: Job) -> list[float]:
    """Train to the end; returns the seconds of each epoch."""
    seconds: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, EpochEnded):
            seconds.append(event.line["seconds"])

    job.feed.close()  # reading ahead belongs to the first epoch's time
    with tempfile.TemporaryDirectory(prefix="dltool-bench-") as folder:
        run = create("bench", Path(folder) / "run", dump_yaml(resolved(job.experiment)))
        Trainer(job, run, notify=listen, stop=lambda: False).run()
    return seconds
