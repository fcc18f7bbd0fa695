"""dltool's side of a measurement: what `dltool train` runs, without evaluation, screen and files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dltool.bench.cycles import CycleCount
from dltool.bench.serving import Answer, Note, Request, serve
from dltool.bench.stretches import Stretches
from dltool.config.loading import load
from dltool.training.job import Job, open_job

#: the engine is called for as many updates as make so many samples, about what a training does
SAMPLES_PER_CALL = 65_536


class Training:
    """A job whose training goes on as long as it is asked to."""

    def __init__(self, job: Job):
        self._job = job
        self._stretches = Stretches(job)
        self._done = 0
        self._updates_per_call = max(1, SAMPLES_PER_CALL // job.layout.update_size)
        self.answers: Mapping[str, Answer] = {"profile": self.profile}
        self.facts = {"threads": job.engine.threads, "compile_seconds": job.engine.compile_seconds}

    def train(self, updates: int) -> int:
        """Go on for so many updates; returns the samples that passed."""
        samples, end = 0, self._done + updates
        while self._done < end:
            count = min(end - self._done, self._updates_per_call)
            plan = self._stretches.plan(self._done, count)
            self._job.engine.train("train", plan, collect=False)
            self._done += count
            samples += int(plan.rows.sum())
        return samples

    def profile(self, request: Request) -> Mapping[str, Any]:
        """Cycles of every op in a run of at least so many `seconds`."""
        cycles = CycleCount(self._job, self._stretches)
        return cycles.run(request["seconds"], most_updates=self._updates_per_call)


def _open(request: Request, note: Note) -> Training:
    config = Path(request["config"])
    return Training(open_job(load(config, request["overrides"]), [config.parent], on_compile=note))


if __name__ == "__main__":
    serve(_open)
