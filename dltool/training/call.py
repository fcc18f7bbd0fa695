"""Updates that the engine runs in one call, and what is to be known of them when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.runtime.plan import StepResult


@dataclass(frozen=True)
class Call:
    """Updates that the engine has begun to run."""

    result: Callable[[], StepResult]
    first: np.ndarray  # which micro-batches open an update
    epoch: int
    update: int  # of the epoch, where they begin
    step: int
    rates: np.ndarray  # of learning, of each update
    rows: np.ndarray
    weights: np.ndarray
    targets: np.ndarray | None
    started: float  # when, but for what was compiled for it

    def lines(self, losses: np.ndarray, every: int) -> list[dict[str, Any]]:
        """What the log says of its updates, of which it tells one in `every`; as far as there are losses."""
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
