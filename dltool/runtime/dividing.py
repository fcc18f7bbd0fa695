"""Micro-batches that ranks run apart, and results that all of them get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dltool.distributed.ranks import Ranks
from dltool.runtime.plan import StepPlan, StepResult


def run_divided(runner: Any, plan: StepPlan, ranks: Ranks) -> StepResult:
    """Run batches that do not depend on each other, an even share on each rank, and collect their outputs."""
    rank_of = np.arange(len(plan)) * ranks.size // max(1, len(plan))
    return joined(runner.run(plan.taken(rank_of == ranks.number), collect=True), plan, rank_of, ranks)


def joined(own: StepResult, plan: StepPlan, rank_of: np.ndarray, ranks: Ranks) -> StepResult:
    """The result of a whole plan, from this rank's own micro-batches and those of all others, by `rank_of` (n,)."""
    parts = ranks.gathered((own.losses, own.outputs))
    losses = _in_places([losses for losses, _ in parts], rank_of)
    outputs = [outputs for _, outputs in parts if outputs is not None]
    if not outputs:
        return StepResult(losses)
    return StepResult(losses, _in_places(outputs, np.repeat(rank_of, plan.rows)))


def _in_places(parts: Sequence[np.ndarray], rank_of: np.ndarray) -> np.ndarray:
    """One array (n, …) from what each rank has of it, in order; `rank_of` (n,) says who has each place."""
    whole = np.empty((len(rank_of), *parts[0].shape[1:]), parts[0].dtype)
    for rank, part in enumerate(parts):
        whole[rank_of == rank] = part
    return whole
