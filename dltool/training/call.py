"""A call of the engine: the updates that it runs, and what the trainer wants to know of them when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.runtime.plan import StepResult


@dataclass(frozen=True)
class Call:
    """Consecutive updates of an epoch that the engine has begun to run."""

    result: Callable[[], StepResult]  # waits for it
    first: np.ndarray  # bool: which micro-batches open an update
    epoch: int  # counted from 0
    update: int  # the number in the epoch of the first one
    step: int  # steps done before
    rates: np.ndarray  # the learning rate of each update
    rows: np.ndarray  # samples of each update
    weights: np.ndarray  # what these weigh in a mean of losses
    targets: np.ndarray | None  # of all samples; None where neither metrics nor weights need them
    started: float  # when, on the monotonic clock; the time to compile what it needed is not counted

    def lines(self, losses: np.ndarray, every: int) -> list[dict[str, Any]]:
        """Lines for the log: one for every `every`-th step of the run, up to the last of the losses."""
        return [
            {
                "kind": "step",
                "step": self.step + index + 1,
                "epoch": self.epoch + 1,
                "loss": float(losses[index]),
                "lr": float(self.rates[index]),
            }
            for index in range(-(self.step + 1) % every, len(losses), every)
        ]
