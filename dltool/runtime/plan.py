"""The steps that the engine is to run, as a table, and what running them gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class StepPlan:
    """A table of micro-batches, one row each, in running order; whole updates only."""

    step: np.ndarray  # int64: optimizer steps done before this one
    epoch: np.ndarray  # int64: epochs completed before this one
    position: np.ndarray  # int64: first sample of the micro-batch, in the order of its epoch
    origin: np.ndarray  # int64: position − origin is the number of the first sample among those at hand
    rows: np.ndarray  # int64: samples in the micro-batch
    preceding: np.ndarray  # int64: samples of the same update before this micro-batch
    scale: np.ndarray  # float32: 1 / the weight of all samples of the update; 1 in an evaluation
    number: np.ndarray  # int64: of the micro-batch, within its update
    count: np.ndarray  # int64: micro-batches of the update, whose gradients are added up
    update: np.ndarray  # bool: the micro-batch closes an update, which then changes the parameters
    network: np.ndarray  # int64: which of several networks over the same parameters runs it; -1: the last
    scalars: np.ndarray  # float32 (micro-batches, k): learning rate and the like, as the optimizer lists them
    stretch: int = 1  # micro-batches that a device may run in one call, counted from the first of the data at hand

    @property
    def first(self) -> np.ndarray:
        """Which micro-batches (n,) open an update."""
        return self.number == 0

    def __len__(self) -> int:
        return len(self.step)

    def taken(self, chosen: np.ndarray | slice) -> StepPlan:
        """Some of the micro-batches."""
        columns = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "stretch"}
        return replace(self, **{name: column[chosen] for name, column in columns.items()})


@dataclass(frozen=True)
class StepResult:
    """What running a plan gave."""

    #: float32, one for each micro-batch: its share of the mean loss of its update, taken before that update
    losses: np.ndarray
    #: float32 (samples, outputs), in running order, where outputs were asked for
    outputs: np.ndarray | None = None


def runs_of_networks(plan: StepPlan) -> list[tuple[int, int, int]]:
    """The plan as runs of micro-batches with the same network: (network, first micro-batch, the one behind)."""
    cuts = [0, *(np.flatnonzero(np.diff(plan.network)) + 1).tolist(), len(plan)]
    return [(int(plan.network[low]), low, high) for low, high in pairwise(cuts) if high > low]


def concatenated(results: Sequence[StepResult]) -> StepResult:
    """The result of a plan, from those of its parts in their order."""
    if len(results) == 1:
        return results[0]
    outputs = [result.outputs for result in results if result.outputs is not None]
    losses = np.concatenate([result.losses for result in results])
    return StepResult(losses, np.concatenate(outputs) if outputs else None)


@dataclass(frozen=True)
class Evaluation:
    """What evaluating a part gave, batch by batch."""

    losses: np.ndarray  # float32: the sum of the samples' losses
    weights: np.ndarray  # what that sum is divided by in a mean: the number of samples, or their weights
    outputs: np.ndarray  # float32 (samples, outputs)

    @property
    def loss(self) -> float:
        """The mean over the part."""
        return float(self.losses.sum(dtype=np.float64) / self.weights.sum())
