"""Rows that are in two parts, which makes results look better than they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

import numpy as np

from dltool.data.images.uniform import constant
from dltool.data.samples.samples import Samples
from dltool.formatting import plural

#: most rows to compare: more hashes would take long to sort
MOST_ROWS = 4_000_000
#: 64-bit words that are hashed at a time
BLOCK = 1 << 18
#: the difference between the salts of neighboring words: 2⁶⁴ divided by the golden ratio
APART = np.uint64(0x9E3779B97F4A7C15)


class Duplicates:
    """Collects hashes of the rows of all parts; rows with the same features, codes and targets are duplicates."""

    def __init__(self, rows: Mapping[str, int], *, has_columns: bool):
        """`rows` is the number of rows of each part; only a table `has_columns` by which they can be divided."""
        self._has_columns = has_columns
        worth = len(rows) > 1 and sum(rows.values()) <= MOST_ROWS
        self._hashes: dict[str, list[np.ndarray]] = {part: [] for part in rows} if worth else {}

    def watched(self, pieces: Iterator[tuple[str, Samples]]) -> Iterator[tuple[str, Samples]]:
        """The same pieces, whose rows are hashed as they pass."""
        for name, piece in pieces:
            if name in self._hashes:
                varied = ~constant(piece.features)  # constant samples are reported separately
                self._hashes[name].append(row_hashes(piece.features, piece.codes, piece.targets)[varied])
            yield name, piece

    def warnings(self) -> list[str]:
        """A warning about parts that have rows in common."""
        hashes = {name: np.sort(np.concatenate(of_part)) for name, of_part in self._hashes.items()}
        found = []
        for name, other in (("validation", "train"), ("test", "train"), ("test", "validation")):
            if name in hashes and other in hashes and (count := _common(hashes[name], hashes[other])):
                found.append(f"{plural(count, 'row')} of {name} also in {other}")
        if not found:
            return []
        advice = "to avoid it, remove repeated rows"
        if self._has_columns:
            advice += ", or keep rows that belong together in one part (data.split.group)"
        return [f"rows in two parts inflate results: {', '.join(found)}; {advice}"]


def _common(hashes: np.ndarray, others: np.ndarray) -> int:
    """How many hashes are also among the others; both are sorted."""
    if not len(others):
        return 0
    nearest = np.minimum(np.searchsorted(others, hashes), len(others) - 1)
    return int((others[nearest] == hashes).sum())


def row_hashes(*arrays: np.ndarray) -> np.ndarray:
    """A 64-bit hash (n,) of each row of arrays (n, …)."""
    hashes = np.zeros(len(arrays[0]), np.uint64)
    columns = 0
    for array in arrays:
        rows = np.ascontiguousarray(array).reshape(len(array), prod(array.shape[1:])).view(np.uint8)
        words = -(-rows.shape[1] // 8)
        salts = np.arange(columns, columns + words, dtype=np.uint64) * APART
        columns += words
        step = max(1, BLOCK // max(1, words))
        for low in range(0, len(rows) if words else 0, step):
            block = rows[low : low + step]
            padded = np.pad(block, ((0, 0), (0, 8 * words - block.shape[1])))
            hashes[low : low + step] += _mixed(padded.view(np.uint64) + salts).sum(axis=1, dtype=np.uint64)
    return hashes


def _mixed(words: np.ndarray) -> np.ndarray:
    """A bijection of 64-bit words: the finalizer of SplitMix64, Steele et al., OOPSLA 2014."""
    words = (words ^ words >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ words >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return words ^ words >> np.uint64(31)
