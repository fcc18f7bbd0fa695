"""How an epoch is divided into updates and micro-batches, and the step plan of any range of updates.

Everything follows from (samples, batch size, accumulate, last batch), so training can start at any step of any epoch.
`accumulate: k` with `batch_size: b` makes the same updates as `batch_size: k·b`, in k passes. With `shards: s` each
batch is s micro-batches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.config.experiment import TrainConfig
from dltool.errors import InputError, Problem
from dltool.runtime.plan import StepPlan


@dataclass(frozen=True)
class Batching:
    """The updates of one epoch over `samples` rows."""

    samples: int
    batch_size: int  # rows of a micro-batch
    accumulate: int  # micro-batches of an update
    last_batch: str  # keep: a smaller last update; drop: no partial update; pad: fill up with the first rows

    @classmethod
    def of(cls, train: TrainConfig, samples: int, *, in_streams: bool = False) -> Batching:
        """How `samples` samples are batched samples with a config; raises InputError if there would be no update."""
        last_batch = "drop" if in_streams else train.last_batch
        batching = cls(samples, train.shard_size, train.micro_batches, last_batch)
        if batching.updates:
            return batching
        needed = f"one update needs {batching.update_size:,} rows, but the training part has {samples:,}"
        if in_streams:  # each row of a batch is a stream of its own
            message = f"a stateful network takes only full batches: {needed}; use a smaller batch_size"
            raise InputError(Problem(message, path="train.batch_size"))
        message = f"drops all rows: {needed}; use a smaller batch_size, or last_batch: keep"
        raise InputError(Problem(message, path="train.last_batch"))

    @property
    def update_size(self) -> int:
        """Samples of a full update."""
        return self.batch_size * self.accumulate

    @property
    def updates(self) -> int:
        """Updates in an epoch."""
        whole, rest = divmod(self.samples, self.update_size)
        return whole + (1 if rest and self.last_batch != "drop" else 0)

    @property
    def epoch_samples(self) -> int:
        """Samples in an epoch: with `drop` fewer than the part has, with `pad` more."""
        return self.samples if self.last_batch == "keep" else self.updates * self.update_size

    @property
    def largest_batch(self) -> int:
        """Rows of the largest micro-batch."""
        return min(self.batch_size, self.epoch_samples)

    @property
    def ends_alone(self) -> bool:
        """Whether only the last batch of an epoch has a single row."""
        return self.last_batch == "keep" and self.samples > self.batch_size > 1 and self.samples % self.batch_size == 1

    def updates_before(self, position: int) -> int:
        """Number of updates before a position in the epoch, which is the start of an update or the end."""
        return min(-(-position // self.update_size), self.updates)

    def update_rows(self, updates: np.ndarray) -> np.ndarray:
        """Samples in each of the numbered updates of an epoch."""
        return np.minimum(self.epoch_samples - updates * self.update_size, self.update_size)

    def stretch(self, longest: int, updates: int) -> int:
        """How many updates a device should run in one call of at most `longest` micro-batches.

        Of the full updates among the `updates` of which it has the data, as few as possible are left over.
        """
        full, most = min(updates, self.samples // self.update_size), max(1, longest // self.accumulate)
        if full <= most:
            return max(1, full)
        return min(range((most + 1) // 2, most + 1), key=lambda count: (full % count, -count))

    def plan(
        self,
        scalars: np.ndarray,
        *,
        first_update: int,
        epoch: int,
        step: int,
        weights: np.ndarray | None = None,
        networks: np.ndarray | None = None,
        stretch: int = 1,
    ) -> StepPlan:
        """The plan of len(scalars) updates from `first_update` of an epoch; `step` optimizer steps were made before.

        `weights` (n,) are the total sample weights of each update, by default their number; an update of weight 0 has
        no loss. `networks` (n,) says which of several networks runs each update, by default the last one. `stretch` is
        the number of updates that may run in one call.
        """
        count = len(scalars)
        updates = np.arange(first_update, first_update + count, dtype=np.int64)
        rows = self.update_rows(updates)
        batches = -(-rows // self.batch_size)
        owner = np.repeat(np.arange(count), batches)  # index of each micro-batch's update
        number = np.arange(len(owner)) - np.repeat(np.cumsum(batches) - batches, batches)
        return StepPlan(
            step=step + owner,
            epoch=np.full(len(owner), epoch, dtype=np.int64),
            position=updates[owner] * self.update_size + number * self.batch_size,
            origin=np.zeros(len(owner), np.int64),
            rows=np.minimum(self.batch_size, rows[owner] - number * self.batch_size),
            preceding=number * self.batch_size,
            scale=reciprocals(rows if weights is None else weights)[owner],
            number=number,
            count=batches[owner],
            update=number == batches[owner] - 1,
            network=np.full(len(owner), -1) if networks is None else networks[owner],
            scalars=np.ascontiguousarray(scalars[owner], dtype=np.float32),
            stretch=stretch * self.accumulate,
        )


def reciprocals(weights: np.ndarray) -> np.ndarray:
    """1 / weights (n,) as float32, with 1 / 0 = 0."""
    return np.divide(1.0, weights, out=np.zeros(len(weights)), where=weights != 0).astype(np.float32)
