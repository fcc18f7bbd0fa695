"""A part of the data in portions for an evaluation, in the order in which it takes the rows.

For most networks that is the order of the data. A network that remembers the batch before goes through many streams at
a time: each batch has the next row of every stream, and a portion goes on where the one before ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dltool.data.samples.samples import Samples, joined_samples
from dltool.data.store.reader import StoredSamples
from dltool.distributed.ranks import Ranks

#: rows evaluated at a time
EVALUATION_ROWS = 256
#: approximate bytes of a portion that is not the whole part
PORTION_BYTES = 16 << 20
#: rows that a stream should have, so that few begin without a past
LONG = 64


@dataclass(frozen=True)
class Portion:
    """Samples in running order."""

    samples: Samples
    first: int = 0  # how many samples come before
    batches: np.ndarray | None = None  # the sizes (n,) of batches; None: as large as they can be
    order: np.ndarray | None = None  # which rows (n,) these are; None: consecutive ones

    @property
    def rows(self) -> np.ndarray:
        """The number (n,) of each sample in its part."""
        return self.first + np.arange(len(self.samples)) if self.order is None else self.order


def portions_of(
    samples: Samples | StoredSamples, *, in_streams: bool, most: int | None = None, unit: int = EVALUATION_ROWS
) -> Iterator[Portion]:
    """All samples once, about `most` at a time, else what fits; all portions but the last are multiples of `unit`."""
    if in_streams:
        yield from _in_streams(samples, most or PORTION_BYTES // _bytes(samples))
    elif most is None and isinstance(samples, Samples):
        yield Portion(samples)
    else:
        rows = portion_rows(samples, most=most, unit=unit)
        for low in range(0, len(samples), rows):
            yield Portion(samples.rows(low, min(low + rows, len(samples))), low)


def portion_rows(samples: Samples | StoredSamples, *, most: int | None = None, unit: int = EVALUATION_ROWS) -> int:
    """How many samples a portion has, but for the last one."""
    return unit * max(1, (most or PORTION_BYTES // _bytes(samples)) // unit)


def portions_for_ranks(samples: StoredSamples, *, unit: int, ranks: Ranks) -> Iterator[Portion | None]:
    """What this rank takes of all samples in turns, in which each rank has at most one portion, in their order."""
    share = -(-len(samples) // (unit * ranks.size))
    rows = unit * max(1, min(PORTION_BYTES // (samples.layout.bytes * unit), share))
    for low in range(0, len(samples), rows * ranks.size):
        own = low + rows * ranks.number
        yield Portion(samples.rows(own, own + rows), own) if own < len(samples) else None


def _in_streams(samples: Samples | StoredSamples, most: int) -> Iterator[Portion]:
    """Some steps of all streams at a time; a stream is consecutive rows, and only the last one may be shorter."""
    total = len(samples)
    length = _length(total)
    starts = range(0, total, length)
    steps, first = max(1, most // len(starts)), 0
    for step in range(0, length, steps):
        spans = [(low + step, min(low + min(step + steps, length), total)) for low in starts if low + step < total]
        rows = np.concatenate([np.arange(low, high) for low, high in spans])
        order = np.argsort(rows % length, kind="stable")
        loaded = joined_samples([samples.rows(low, high) for low, high in spans]).taken(order)
        yield Portion(loaded, first, np.bincount(rows % length)[step:], rows[order])
        first += len(rows)


def _length(rows: int) -> int:
    """Of streams that take all rows."""
    return max(1, -(-rows // max(1, min(EVALUATION_ROWS, rows // LONG))))


def _bytes(samples: Samples | StoredSamples) -> int:
    """Of one sample."""
    if isinstance(samples, StoredSamples):
        return samples.layout.bytes
    return sum(array[:1].nbytes for array in samples.arrays.values())
