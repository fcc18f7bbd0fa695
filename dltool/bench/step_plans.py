"""Step plans for training without end: any range of updates, across epochs."""

from __future__ import annotations

import numpy as np

from dltool.runtime.feed import Bucketed
from dltool.runtime.plan import StepPlan
from dltool.training.batching import reciprocals
from dltool.training.job import Job


class StepPlans:
    """The updates of a job, numbered from 0 across epochs; after the last epoch the final learning rate stays."""

    def __init__(self, job: Job):
        self._job = job
        updates = job.batching.updates
        self._last = updates * job.experiment.train.epochs - 1
        self._epoch = job.batching.plan(np.zeros((updates, 1)), first_update=0, epoch=0, step=0)
        self._starts = np.flatnonzero(self._epoch.first)  # the first micro-batch of each update in an epoch
        self._sizes = np.flatnonzero(self._epoch.update) + 1 - self._starts

    def plan(self, first: int, updates: int) -> StepPlan:
        """The plan of `updates` updates, starting with update `first`."""
        steps = np.arange(first, first + updates, dtype=np.int64)
        epochs, in_epoch = np.divmod(steps, len(self._starts))
        sizes = self._sizes[in_epoch]
        owner = np.repeat(np.arange(updates), sizes)  # index of each micro-batch's update
        batch = np.arange(len(owner)) + np.repeat(self._starts[in_epoch] - np.cumsum(sizes) + sizes, sizes)
        rates = self._job.learning_rates(np.minimum(steps, self._last), self._job.experiment.train.epochs)
        scalars = self._job.scalars(steps, rates)
        return StepPlan(
            step=steps[owner],
            epoch=epochs[owner],
            position=self._epoch.position[batch],
            origin=self._epoch.origin[batch],
            rows=self._epoch.rows[batch],
            preceding=self._epoch.preceding[batch],
            scale=reciprocals(self._weights(epochs, in_epoch))[owner]
            if self._job.network.weighs
            else self._epoch.scale[batch],
            number=self._epoch.number[batch],
            count=self._epoch.count[batch],
            update=self._epoch.update[batch],
            network=self._networks(epochs, in_epoch)[owner],
            scalars=np.ascontiguousarray(scalars[owner], dtype=np.float32),
            stretch=self._job.stretch * self._job.batching.accumulate,
        )

    def _networks(self, epochs: np.ndarray, in_epoch: np.ndarray) -> np.ndarray:
        """The network of each update (n,), given by its epoch and its index in that epoch."""
        feed, found = self._job.feed, np.full(len(epochs), -1)
        if not isinstance(feed, Bucketed):
            return found
        for epoch in np.unique(epochs).tolist():
            span = feed.span(epoch, 0, lambda: False)
            assert span is not None
            assert span.networks is not None
            found[epochs == epoch] = span.networks[in_epoch[epochs == epoch]]
        return found

    def _weights(self, epochs: np.ndarray, in_epoch: np.ndarray) -> np.ndarray:
        """The total sample weight of each update (n,), given by its epoch and its index in that epoch."""
        job, weights = self._job, []
        for epoch in range(epochs[0], epochs[-1] + 1):
            updates = in_epoch[epochs == epoch]
            span = job.feed.span(epoch, int(updates[0]) * job.batching.update_size, lambda: False)
            assert span is not None
            weights.append(job.network.weights(job.targets(span, epoch, updates), job.batching.update_rows(updates)))
        return np.concatenate(weights)
