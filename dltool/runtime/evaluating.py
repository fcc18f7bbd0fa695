"""How an evaluation goes through a part: in order, or samples of similar length together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.program.building import Network
from dltool.runtime.plan import StepPlan

#: consecutive samples among which those of similar length come together
POOL_ROWS = 8192


def by_length(networks: Sequence[Network], samples: Samples) -> Iterator[tuple[int, np.ndarray]]:
    """Which of several networks, for rising lengths, should take which samples: its number, and theirs (n,).

    Sums of losses do not depend on where samples are cut, as long as that is between two pools.
    """
    if len(networks) < 2 or not len(samples):
        yield len(networks) - 1, np.arange(len(samples))
        return
    shortest = np.argmax([network.holds(samples) for network in networks], axis=0)
    for low in range(0, len(samples), POOL_ROWS):
        pool = shortest[low : low + POOL_ROWS]
        for number in np.unique(pool).tolist():
            yield number, low + np.flatnonzero(pool == number)


def in_order(outputs: Sequence[np.ndarray], rows: Sequence[np.ndarray]) -> np.ndarray:
    """The outputs (n, k) of all samples, from those of several groups and the numbers of the samples in each."""
    whole = np.empty((sum(map(len, rows)), *outputs[0].shape[1:]), outputs[0].dtype)
    for of_group, numbers in zip(outputs, rows, strict=True):
        whole[numbers] = of_group
    return whole


def rows_of_batches(samples: Samples, network: Network) -> np.ndarray:
    """The sizes (n,) of consecutive batches, as large as the network takes them; the last one may be smaller."""
    return np.minimum(network.rows, len(samples) - np.arange(0, len(samples), network.rows, dtype=np.int64))


def consecutive(rows: np.ndarray, first: int) -> StepPlan:
    """A plan of batches of these sizes (n,), one after the other from position `first` on, with sums of losses."""
    count = len(rows)
    none = np.zeros(count, np.int64)
    return StepPlan(
        step=none,
        epoch=none,
        position=first + np.cumsum(rows) - rows,
        origin=np.full(count, first, np.int64),
        rows=rows,
        preceding=none,
        scale=np.ones(count, np.float32),
        number=none,
        count=np.ones(count, np.int64),
        update=np.ones(count, bool),
        network=np.full(count, -1),
        scalars=np.zeros((count, 1), np.float32),
    )
