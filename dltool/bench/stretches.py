"""Plans for a training without an end: any stretch of updates, across the borders of epochs."""

from __future__ import annotations

import numpy as np

from dltool.runtime.plan import StepPlan
from dltool.training.job import Job
from dltool.training.layout import reciprocals


class Stretches:
    """The updates of a job, numbered from 0 through all epochs; past the last one its learning rate goes on."""

    def __init__(self, job: Job):
        self._job = job
        updates = job.layout.updates
        self._last = updates * job.experiment.train.epochs - 1
        self._epoch = job.layout.plan(np.zeros((updates, 1)), first_update=0, epoch=0, step=0)
        self._starts = np.flatnonzero(self._epoch.first)  # the micro-batch that opens each update of an epoch
        self._sizes = np.flatnonzero(self._epoch.update) + 1 - self._starts

    def plan(self, first: int, updates: int) -> StepPlan:
        """The table of `updates` updates from number `first` on."""
        steps = np.arange(first, first + updates, dtype=np.int64)
        epochs, places = np.divmod(steps, len(self._starts))
        sizes = self._sizes[places]
        owner = np.repeat(np.arange(updates), sizes)  # the update that each micro-batch belongs to
        batch = np.arange(len(owner)) + np.repeat(self._starts[places] - np.cumsum(sizes) + sizes, sizes)
        rates = self._job.learning_rates(np.minimum(steps, self._last), self._job.experiment.train.epochs)
        scalars = self._job.scalars(steps, rates)
        return StepPlan(
            step=steps[owner],
            epoch=epochs[owner],
            position=self._epoch.position[batch],
            rows=self._epoch.rows[batch],
            scale=reciprocals(self._weights(epochs, places))[owner]
            if self._job.network.weighs
            else self._epoch.scale[batch],
            first=self._epoch.first[batch],
            update=self._epoch.update[batch],
            scalars=np.ascontiguousarray(scalars[owner], dtype=np.float32),
        )

    def _weights(self, epochs: np.ndarray, places: np.ndarray) -> np.ndarray:
        """What the samples of updates (n,) weigh, by their epochs and their places in these."""
        job, found = self._job, []
        for epoch in range(epochs[0], epochs[-1] + 1):
            updates = places[epochs == epoch]
            window = job.feed.window(epoch, int(updates[0]) * job.layout.update_size, lambda: False)
            assert window is not None
            found.append(job.network.weights(job.targets(window, epoch, updates), job.layout.update_rows(updates)))
        return np.concatenate(found)
