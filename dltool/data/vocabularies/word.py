"""Words as tokens, and digits, line ends and punctuation marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from dltool.data.vocabularies.vocabulary import UNKNOWN, UNKNOWN_TEXT, Vocabulary, VocabularyFitting, most_frequent

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|\n|[^\w\s]|_")
#: tokens without a space before or after them
_CLOSING, _OPENING = frozenset(".,;:!?)]}%…’”»\n"), frozenset("([{“«‘\n")


@dataclass(frozen=True)
class WordVocabulary(Vocabulary):
    """Each word, number, punctuation mark and line end is a token; other white space only divides words."""

    kind: ClassVar[str] = "word"
    unit: ClassVar[str] = "word"

    def encode(self, text: str) -> np.ndarray:
        find = self._codes.get
        return np.array([find(word, UNKNOWN) for word in WORD.findall(text)], np.int32)

    def characters(self, text: str, codes: np.ndarray) -> np.ndarray:
        ends = np.array([0, *(word.end() for word in WORD.finditer(text))], np.int64)
        return np.diff(ends)

    def decode(self, codes: Iterable[int]) -> str:
        """The words with single spaces between them, but none before closing marks and after opening ones."""
        words, pieces, previous = (UNKNOWN_TEXT, *self.tokens), [], "\n"
        for word in (words[code] for code in codes if code >= 0):
            pieces += [word] if word in _CLOSING or previous in _OPENING else [" ", word]
            previous = word
        return "".join(pieces)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {word: code for code, word in enumerate(self.tokens, 1)}


class WordFitting(VocabularyFitting):
    """Counts words."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: Counter[str] = Counter()

    def update(self, text: str) -> None:
        words = WORD.findall(text)
        self.lengths[len(words)] += 1
        self._counts.update(words)

    def result(self, size: int, min_count: int) -> WordVocabulary:
        return WordVocabulary(most_frequent(self._counts, size, min_count))
