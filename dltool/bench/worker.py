"""The measured process of dltool: what `dltool train` runs, without evaluation, display and files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dltool.bench.cycles import CycleCount
from dltool.bench.server import Answer, Note, Request, serve
from dltool.bench.step_plans import StepPlans
from dltool.config.loading import load
from dltool.runtime.feed import Resident
from dltool.training.job import Job, open_job

#: samples per call of the engine, about as many as in a training
SAMPLES_PER_CALL = 65_536


class Training:
    """A job that trains for as long as requested."""

    def __init__(self, job: Job):
        self._job = job
        self._step_plans = StepPlans(job)
        self._done = 0
        self._updates_per_call = max(1, SAMPLES_PER_CALL // job.batching.update_size)
        self.handlers: Mapping[str, Answer] = {
            "profile": self.profile,
            "epochs": self.epochs,
            "limits": lambda request: job.engine.device_limits(),
        }
        self.facts = {"threads": job.engine.threads, "compile_seconds": job.engine.compile_seconds}

    def train(self, updates: int) -> int:
        """Train for `updates` more updates; returns the number of samples."""
        samples, end = 0, self._whole_stretches(self._done + updates)
        while self._done < end:
            count = min(end - self._done, self._updates_per_call, self._updates_available())
            plan = self._step_plans.plan(self._done, count)
            self._job.engine.train("train", plan, collect=False)
            self._done += count
            samples += int(plan.rows.sum())
        return samples

    def _whole_stretches(self, end: int) -> int:
        """The end of the stretch that an update lies in: single steps would not show the speed of a device."""
        epoch, update = divmod(end, self._job.batching.updates)
        until = -(-update // self._job.stretch) * self._job.stretch
        return epoch * self._job.batching.updates + min(until, self._job.batching.updates)

    def _updates_available(self) -> int:
        """Number of updates that the samples in memory allow, after loading more if needed."""
        batching, feed = self._job.batching, self._job.feed
        if isinstance(feed, Resident):
            return self._updates_per_call
        epoch, update = divmod(self._done, batching.updates)
        span = feed.span(epoch, update * batching.update_size, lambda: False)
        assert span is not None
        self._job.engine.attach_span(span)
        return batching.updates_before(span.stop) - update

    def epochs(self, request: Request) -> Mapping[str, Any]:
        """Train all epochs of the config as `dltool train` does: the seconds and samples of each."""
        from dltool.bench.epochs import train_epochs

        return {"seconds": train_epochs(self._job), "samples": self._job.batching.epoch_samples}

    def profile(self, request: Request) -> Mapping[str, Any]:
        """Cycles of each op in a run of at least the requested `seconds`."""
        cycles = CycleCount(self._job, self._step_plans)
        return cycles.run(request["seconds"], most_updates=self._updates_per_call)


def _open(request: Request, note: Note) -> Training:
    config = Path(request["config"])
    return Training(
        open_job(load(config, request["overrides"]), [config.parent], on_compile=lambda what, share: note(what))
    )


if __name__ == "__main__":
    serve(_open)
