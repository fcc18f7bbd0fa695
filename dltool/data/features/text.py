"""Text as a bag of words: the codes of a cell's words, without their order, for an embedding."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Literal
from zlib import crc32

import numpy as np
from pydantic import Field, PositiveInt

from dltool.data.features.feature import Encoder, Feature, Fitting
from dltool.data.features.lengths import DESCRIPTION, usual_length
from dltool.data.samples.signature import CodeField
from dltool.registry import register

#: words, digits, and punctuation
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[^\w\s]")


@dataclass(frozen=True)
class TextEncoder(Encoder):
    """Codes of the different words of a cell, padded with −1; words that are not in the vocabulary are left out."""

    kind: ClassVar[str] = "text"
    reads: ClassVar[str] = "VARCHAR"

    words: tuple[str, ...]  # the most frequent first; none where they are hashed
    buckets: int  # of hashed words; 0 with a vocabulary
    ngrams: int
    length: int
    width: int

    @property
    def field(self) -> CodeField | None:
        return CodeField(self.column, 0, self.length, 1 + (self.buckets or len(self.words)), self.width)

    @property
    def code_names(self) -> tuple[str, ...]:
        hashed = [f"(bucket {i} of {self.buckets})" for i in range(1, self.buckets + 1)]
        return ("(unknown)", *(hashed or self.words))

    def write_codes(self, cells: np.ndarray, codes: np.ndarray) -> None:
        codes[:] = -1
        for row, cell in enumerate(cells.tolist()):
            found = list(self._found(cell or ""))[: self.length]
            codes[row, : len(found)] = found

    def cells(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        return np.ma.array((codes >= 0).sum(axis=1))

    def unknown(self, cells: np.ndarray, codes: np.ndarray) -> int:
        nothing = (codes < 0).all(axis=1) & ~np.ma.getmaskarray(cells)
        return int(np.count_nonzero(nothing))

    def _found(self, text: str) -> Iterator[int]:
        """The codes of the different words of a text, in order of first occurrence."""
        for word in dict.fromkeys(words_of(text, self.ngrams)):
            if self.buckets:
                yield 1 + crc32(word.encode()) % self.buckets
            elif code := self._codes.get(word):
                yield code

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {word: 1 + i for i, word in enumerate(self.words)}


class _Fitting(Fitting):
    def __init__(self, column: str, feature: Text):
        self._column, self._feature = column, feature
        self._counts: Counter[str] = Counter()
        self._lengths: Counter[int] = Counter()

    def update(self, cells: np.ndarray) -> None:
        for cell in cells.tolist():
            words = set(words_of(cell or "", self._feature.ngrams))
            self._lengths[len(words)] += 1
            if not self._feature.hashed:
                self._counts.update(words)

    def result(self) -> Encoder:
        feature = self._feature
        counts = [(word, count) for word, count in self._counts.items() if count >= feature.min_count]
        words = tuple(word for word, _ in sorted(counts, key=lambda one: (-one[1], one[0]))[: feature.words])
        length = feature.length or usual_length(self._lengths)
        return TextEncoder(self._column, words, feature.hashed or 0, feature.ngrams, length, feature.width)


@register("feature", "text", main="words")
class Text(Feature):
    """A column of text, as a bag of words."""

    encoder: ClassVar[type[Encoder]] = TextEncoder

    words: PositiveInt = Field(default=20_000, description="size of the vocabulary, the most frequent words")
    hashed: PositiveInt | None = Field(
        default=None, description="number of buckets for hashed words, instead of a vocabulary"
    )
    min_count: PositiveInt = Field(default=2, description="fewest rows with a word of the vocabulary")
    ngrams: Literal[1, 2] = Field(default=1, description="2: also pairs of neighboring words")
    length: PositiveInt | None = Field(
        default=None,
        description=f"most different words to keep of a text; {DESCRIPTION}",
    )
    width: PositiveInt = Field(default=32, description="of the embedding")

    def start(self, column: str) -> Fitting:
        return _Fitting(column, self)


def words_of(text: str, ngrams: int = 1) -> list[str]:
    """The words of a text in lower case; with `ngrams` 2, also all pairs of neighboring words."""
    words = WORD.findall(text.lower() if text.isascii() else unicodedata.normalize("NFC", text.lower()))
    return words + [f"{one} {two}" for one, two in pairwise(words)] if ngrams == 2 else words
