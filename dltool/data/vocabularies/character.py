"""Characters as tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from dltool.data.vocabularies.vocabulary import UNKNOWN_TEXT, Vocabulary, VocabularyFitting, most_frequent

#: the number of code points of Unicode
CODE_POINTS = 0x110000
#: characters that are counted at a time
BLOCK = 1 << 20


@dataclass(frozen=True)
class CharacterVocabulary(Vocabulary):
    """Each character is a token."""

    kind: ClassVar[str] = "character"
    unit: ClassVar[str] = "character"

    def encode(self, text: str) -> np.ndarray:
        return self._codes[_code_points(text)]

    def characters(self, text: str, codes: np.ndarray) -> np.ndarray:
        return np.ones(len(codes), np.int64)

    def decode(self, codes: Iterable[int]) -> str:
        characters = (UNKNOWN_TEXT, *self.tokens)
        return "".join(characters[code] for code in codes if code >= 0)

    @cached_property
    def _codes(self) -> np.ndarray:
        """The code of each code point."""
        codes = np.zeros(CODE_POINTS, np.int32)
        codes[[ord(token) for token in self.tokens]] = np.arange(1, self.size)
        return codes


class CharacterFitting(VocabularyFitting):
    """Counts characters."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = np.zeros(0, np.int64)

    def update(self, text: str) -> None:
        self.lengths[len(text)] += 1
        for low in range(0, len(text), BLOCK):
            counts = np.bincount(_code_points(text[low : low + BLOCK]), minlength=len(self._counts))
            counts[: len(self._counts)] += self._counts
            self._counts = counts

    def result(self, size: int, min_count: int) -> CharacterVocabulary:
        present = np.flatnonzero(self._counts)
        counts = {chr(point): int(self._counts[point]) for point in present.tolist()}
        return CharacterVocabulary(most_frequent(counts, size, min_count))


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
