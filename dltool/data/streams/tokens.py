"""The tokens of segments in a temporary file, and the blocks that they are cut into."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from dltool.caching import cache_root
from dltool.data.streams.segments import Segment
from dltool.data.vocabularies.vocabulary import UNKNOWN, Vocabulary
from dltool.errors import Problem, RunError

#: bytes of tokens that stay in memory, and tokens in all blocks that are made at a time
IN_MEMORY, AT_ONCE = 64 << 20, 1 << 20
PADDING = -1
_CODE = np.dtype("<i4")


@dataclass(frozen=True)
class Blocks:
    """How a run of tokens is cut: every `stride` tokens a block of `size` begins, which predicts the tokens after it."""

    size: int
    stride: int

    def count(self, tokens: int) -> int:
        """The number of blocks, each with a token to predict; the last one reaches the end and may be shorter."""
        if tokens < 2:
            return 0
        needed = -(-max(0, tokens - 1 - self.size) // self.stride)
        return 1 + min(needed, (tokens - 2) // self.stride)


class Tokens:
    """The codes of all segments, on disk if they are many."""

    def __init__(self, segments: Sequence[Segment], vocabulary: Vocabulary, blocks: Blocks):
        self._blocks = blocks
        self.counts: list[int] = []  # tokens of each segment
        self.unknown = 0
        self.targets = np.empty((0, 2), np.float32)  # of each block: tokens to predict, characters they stand for
        root = cache_root()
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=root)
            weakref.finalize(self, self._file.close)
            targets = [self._write(segment, vocabulary) for segment in segments]
        except OSError as error:
            message = (
                f"the tokens of the text cannot be written: {error.strerror}; set XDG_CACHE_HOME to another folder"
            )
            raise RunError(Problem(message, str(root))) from None
        self.targets = np.concatenate([self.targets, *targets])

    @property
    def rows(self) -> list[int]:
        """Blocks of each segment."""
        return [self._blocks.count(count) for count in self.counts]

    def _write(self, segment: Segment, vocabulary: Vocabulary) -> np.ndarray:
        """Write the codes of a segment; returns the targets of its blocks (n, 2)."""
        size, stride = self._blocks.size, self._blocks.stride
        step = gcd(size, stride)
        count = characters = 0
        ends = [np.empty(0, np.int64)]  # characters before and with every step-th token, from the first on
        for text in segment.pieces():
            codes = vocabulary.encode(text)
            self._file.write(codes.astype(_CODE).tobytes())
            self.unknown += int(np.count_nonzero(codes == UNKNOWN))
            passed = characters + np.cumsum(vocabulary.characters(text, codes))
            ends.append(passed[-count % step :: step].copy())  # a view would keep all of them
            count, characters = count + len(codes), int(passed[-1]) if len(passed) else characters
        self.counts.append(count)
        known = np.concatenate([*ends, [characters]])
        starts = np.arange(self._blocks.count(count)) * stride
        stops = np.minimum(starts + size, count - 1)  # the last token to predict
        last = np.where(stops % step, len(known) - 1, stops // step)
        return np.stack([stops - starts, known[last] - known[starts // step]], axis=1).astype(np.float32)

    def chunks(self) -> Iterator[np.ndarray]:
        """All blocks in order (rows, size + 1) int32, padded with −1."""
        size, stride = self._blocks.size, self._blocks.stride
        together, before = max(1, AT_ONCE // (size + 1)), 0
        for count, rows in zip(self.counts, self.rows, strict=True):
            for low in range(0, rows, together):
                high = min(low + together, rows)
                needed = (high - low - 1) * stride + size + 1
                codes = np.full(needed, PADDING, np.int32)
                found = self._read(before + low * stride, min(needed, count - low * stride))
                codes[: len(found)] = found
                yield np.lib.stride_tricks.sliding_window_view(codes, size + 1)[::stride].copy()
            before += count

    def block(self, row: int) -> np.ndarray:
        """The codes (n,) of one block, without padding."""
        first, count, low = self._place(row)
        return self._read(first + low, min(self._blocks.size + 1, count - low))

    def place(self, row: int) -> tuple[int, int]:
        """The segment of a block, and the number of its first token there."""
        segment = int(np.searchsorted(np.cumsum(self.rows), row, side="right"))
        return segment, (row - sum(self.rows[:segment])) * self._blocks.stride

    def _place(self, row: int) -> tuple[int, int, int]:
        segment, low = self.place(row)
        return sum(self.counts[:segment]), self.counts[segment], low

    def _read(self, first: int, count: int) -> np.ndarray:
        self._file.seek(first * _CODE.itemsize)
        return np.frombuffer(self._file.read(count * _CODE.itemsize), _CODE)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
