"""How an epoch falls into updates and micro-batches, and the table of any stretch of it.

Everything follows from (samples, batch size, accumulate, last batch), so that any step of any epoch is reached at
once. `accumulate: k` with `batch_size: b` makes the same updates as `batch_size: k·b`, in k passes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.config.experiment import TrainConfig
from dltool.errors import InputError, Problem
from dltool.runtime.plan import StepPlan


@dataclass(frozen=True)
class EpochLayout:
    """The updates of one epoch over `samples` rows."""

    samples: int
    batch_size: int
    accumulate: int
    last_batch: str  # keep: a smaller last update · drop: none · pad: filled up from the first rows

    @classmethod
    def of(cls, train: TrainConfig, samples: int) -> EpochLayout:
        """The layout that a config gives to so many samples; raises InputError where they make no update."""
        return cls(samples, train.batch_size, train.accumulate, train.last_batch)

    def __post_init__(self) -> None:
        if self.updates == 0:
            raise InputError(
                Problem(
                    f"drops all there is: one update takes {self.update_size} rows and the training part has "
                    f"{self.samples}; use a smaller train.batch_size, or keep",
                    path="train.last_batch",
                )
            )

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
        """Samples that pass in an epoch: fewer than there are with `drop`, more with `pad`."""
        return self.samples if self.last_batch == "keep" else self.updates * self.update_size

    @property
    def largest_batch(self) -> int:
        """Rows of the largest micro-batch."""
        return min(self.batch_size, self.epoch_samples)

    @property
    def ends_alone(self) -> bool:
        """Whether the last batch of an epoch has one row where the others have more."""
        return self.last_batch == "keep" and self.samples > self.batch_size > 1 and self.samples % self.batch_size == 1

    def updates_before(self, position: int) -> int:
        """Updates whose samples all come before a position of the epoch, which is the start of one, or its end."""
        return min(-(-position // self.update_size), self.updates)

    def update_rows(self, updates: np.ndarray) -> np.ndarray:
        """Samples in each of the numbered updates of an epoch."""
        return np.minimum(self.epoch_samples - updates * self.update_size, self.update_size)

    def plan(
        self, scalars: np.ndarray, *, first_update: int, epoch: int, step: int, weights: np.ndarray | None = None
    ) -> StepPlan:
        """The table of len(scalars) updates from `first_update` of an epoch; `step` optimizer steps came before.

        `weights` (n,) are those of the samples of each update, by default their number; without weight is without loss.
        """
        count = len(scalars)
        updates = np.arange(first_update, first_update + count, dtype=np.int64)
        rows = self.update_rows(updates)
        batches = -(-rows // self.batch_size)
        owner = np.repeat(np.arange(count), batches)  # the update that each micro-batch belongs to
        number = np.arange(len(owner)) - np.repeat(np.cumsum(batches) - batches, batches)
        return StepPlan(
            step=step + owner,
            epoch=np.full(len(owner), epoch, dtype=np.int64),
            position=updates[owner] * self.update_size + number * self.batch_size,
            rows=np.minimum(self.batch_size, rows[owner] - number * self.batch_size),
            scale=reciprocals(rows if weights is None else weights)[owner],
            first=number == 0,
            update=number == batches[owner] - 1,
            scalars=np.ascontiguousarray(scalars[owner], dtype=np.float32),
        )


def reciprocals(weights: np.ndarray) -> np.ndarray:
    """1 / weights (n,) as float32, and 0 for those that are 0."""
    return np.divide(1.0, weights, out=np.zeros(len(weights)), where=weights != 0).astype(np.float32)
