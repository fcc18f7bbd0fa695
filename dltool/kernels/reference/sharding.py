"""Reference kernels that add up what the shards of a batch give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def add_shard(g: np.ndarray, *totals: np.ndarray, step: StepRecord) -> tuple[np.ndarray, ...]:
    """The new totals: those whose bits are set in `step.number` join g; the sum goes to the lowest total that is free.

    In the last shard g joins all that are left, and the sum is the first total.
    """
    xp = namespace(g)
    number, last = step.number, step.number == step.count - 1
    joins, changed = xp.asarray(True), []
    for level, total in enumerate(totals):
        waits = (number >> level) % 2 == 1
        stays = xp.logical_or(last, xp.logical_or(xp.logical_not(joins), waits))
        changed.append(xp.where(stays, total, g))
        g = xp.where(xp.logical_and(waits, xp.logical_or(last, joins)), total + g, g)
        joins = xp.logical_and(joins, waits)
    return xp.where(last, g, changed[0]), *changed[1:]


def restart_statistic(statistic: np.ndarray, before: np.ndarray, *, step: StepRecord) -> tuple[np.ndarray, np.ndarray]:
    """In the first shard before = statistic, in the others statistic = before; both (C,)."""
    kept = namespace(statistic).where(step.first, statistic, before)
    return kept, kept


def mean_of_shards(total: np.ndarray, statistic: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """statistic = total · (1 / shards), of one shape."""
    return total * (1.0 / step.count)
