"""Filling a span of an epoch with samples from a file, in one pass over the blocks of the file that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.data.store.reader import StoredSamples
from dltool.kernels import records
from dltool.kernels.cpu import library
from dltool.kernels.records import Kernel
from dltool.runtime.memory import address
from dltool.runtime.order import EpochOrder
from dltool.runtime.share import WHOLE, Share

#: the kernels that this module calls
SORT, SPREAD = Kernel("sort_rows"), Kernel("spread")
#: bytes of the file that are read at a time, about: most copies of a read then come from the processor's own cache
BLOCK_BYTES = 1 << 20


class Filler:
    """Fills spans of at most `samples` samples, one at a time."""

    def __init__(self, part: StoredSamples, order: EpochOrder, samples: int, share: Share = WHOLE):
        """The samples are a `share` of those of the epoch."""
        self._part, self._order, self._share = part, order, share
        size = max(1, part.layout.bytes)
        self._bits = min(records.BLOCK_BITS, max(0, (BLOCK_BYTES // size).bit_length() - 1))
        self._block_rows = 1 << self._bits
        self._blocks = -(-len(part) // self._block_rows)
        runs = -(-samples // records.RUN)
        self._rows = np.empty(min(samples, records.RUN), np.int64)  # of the run at hand
        self._taken = np.empty(records.RUN, np.int64)  # of all positions, where this is but a share
        self._keys = np.zeros(runs * records.RUN + records.AHEAD, np.uint32)
        self._ends = np.empty((runs, self._blocks), np.uint32)
        self._block = np.empty(self._block_rows * size, np.uint8)

    def fill(self, span: Samples, epoch: int, first: int, stopped: Callable[[], bool]) -> None:
        """Write the share of the samples at the positions from `first` on; left half done once `stopped()`."""
        needed = np.zeros(self._blocks, bool)
        for run, low in enumerate(range(0, len(span), records.RUN)):
            if stopped():
                return
            rows = self._rows[: len(span) - low]
            self._take(epoch, first, low, rows)
            needed |= self._sort(run, rows)
        runs = -(-len(span) // records.RUN)
        arguments, spread = self._spreading(span), library.function(SPREAD)
        for block in np.flatnonzero(needed).tolist():
            if stopped():
                return
            self._read(block)
            arguments[records.SPREAD_BLOCK] = block
            spread(address(arguments), None, 0, runs)

    def _take(self, epoch: int, first: int, low: int, rows: np.ndarray) -> None:
        """Write the rows (n,) of own samples, of which `low` lie before them from the position `first` on."""
        position, filled = first + self._share.position(low), 0
        if self._share.update == self._share.rows:
            self._order.take(epoch, position, rows)
            return
        while filled < len(rows):
            self._order.take(epoch, position, self._taken)
            own = self._taken[self._share.chosen(position - first, position - first + len(self._taken))]
            own = own[: len(rows) - filled]
            rows[filled : filled + len(own)] = own
            position, filled = position + len(self._taken), filled + len(own)

    def _sort(self, run: int, rows: np.ndarray) -> np.ndarray:
        """Sort the rows of a run by block; which blocks have some."""
        arguments = np.zeros(records.SORT_FIELDS, np.int64)
        arguments[records.SORT_ROWS] = address(rows)
        arguments[records.SORT_KEYS] = address(self._keys[run * records.RUN :])
        arguments[records.SORT_ENDS] = address(self._ends[run])
        arguments[records.SORT_BLOCKS] = self._blocks
        arguments[records.SORT_BITS] = self._bits
        library.function(SORT)(address(arguments), None, 0, len(rows))
        return np.diff(self._ends[run], prepend=np.uint32(0)) > 0

    def _spreading(self, span: Samples) -> np.ndarray:
        """The arguments of `spread`, but for the block."""
        arguments = np.zeros(records.SPREAD_FIELDS, np.int64)
        arguments[records.SPREAD_KEYS] = address(self._keys)
        arguments[records.SPREAD_ENDS] = address(self._ends)
        arguments[records.SPREAD_BLOCKS] = self._blocks
        arguments[records.SPREAD_SOURCE] = address(self._block)
        arguments[records.SPREAD_SIZE] = self._part.layout.bytes
        pieces = list(self._pieces(span))
        arguments[records.SPREAD_PIECES] = len(pieces)
        return np.concatenate([arguments, *pieces])

    def _pieces(self, span: Samples) -> Iterator[np.ndarray]:
        for name, start, count in self._part.layout.pieces():
            piece = np.zeros(records.PIECE_FIELDS, np.int64)
            piece[records.PIECE_START], piece[records.PIECE_BYTES] = start, count
            piece[records.PIECE_TARGET] = address(getattr(span, name))
            yield piece

    def _read(self, block: int) -> None:
        low = block * self._block_rows
        rows = min(self._block_rows, len(self._part) - low)
        self._part.read(low, self._block[: rows * self._part.layout.bytes])
