"""Categories: every word of a column gets a code, the index of its row in an embedding."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, PositiveInt

from dltool.data.features.feature import Encoder, Feature, Fitting
from dltool.data.samples.signature import CodeField
from dltool.registry import register

#: up to this number of categories, one-hot is as good as an embedding
FEW = 10
UNKNOWN, MISSING = 0, 1
#: the name of the code for rare words
RARE = "(rare)"


@dataclass(frozen=True)
class CategoryEncoder(Encoder):
    """Codes: 0 for rare words; 1 for missing values, if the training part has any; then one for each word.

    A word that is not in the training part counts as rare. If no word was rare, code 0 has not been trained, and stands
    for the mean of all words, weighted by their frequency.
    """

    kind: ClassVar[str] = "category"
    reads: ClassVar[str] = "VARCHAR"

    words: tuple[str, ...]  # the most frequent first
    missing: bool  # missing values are a separate category
    width: int | None  # of the embedding; None: one-hot
    counts: tuple[int, ...] = ()  # rows of each word; kept only where no word is rare

    @property
    def field(self) -> CodeField | None:
        total = sum(self.counts)
        shares = tuple(count / total for count in (*[0] * (1 + self.missing), *self.counts)) if total else ()
        return CodeField(self.column, 0, 1, 1 + self.missing + len(self.words), self.width, shares)

    @property
    def code_names(self) -> tuple[str, ...]:
        return (RARE, *(["(missing)"] if self.missing else []), *self.words)

    def write_codes(self, cells: np.ndarray, codes: np.ndarray) -> None:
        found = self._codes
        codes[:, 0] = [code if (code := found.get(cell)) is not None else self._alike(cell) for cell in cells.tolist()]

    def cells(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        words = np.array([RARE, *([""] if self.missing else []), *self.words], object)
        return np.ma.array(words[codes[:, 0]], mask=(codes[:, 0] == MISSING) & self.missing)

    def unknown(self, cells: np.ndarray, codes: np.ndarray) -> int:
        without = 0 if self.missing else np.count_nonzero(np.ma.getmaskarray(cells))
        return int(np.count_nonzero(codes == UNKNOWN) - without)

    def _alike(self, cell: str) -> int:
        """The code of a word with a different spelling: 7.0 for 7, or another Unicode form of the same letters."""
        return self._alike_codes.get(_plain(cell), UNKNOWN)

    @cached_property
    def _alike_codes(self) -> dict[str, int]:
        """Codes by the normalized spelling of words, where it is unique."""
        words = [_plain(word) for word in self.words]
        counts = Counter(words)
        return {word: 1 + self.missing + place for place, word in enumerate(words) if counts[word] == 1}

    @cached_property
    def _codes(self) -> dict[str | None, int]:
        start = 1 + self.missing
        codes: dict[str | None, int] = {word: start + i for i, word in enumerate(self.words)}
        return {**codes, None: MISSING if self.missing else UNKNOWN}  # masked arrays list missing values as None


def _plain(word: str) -> str:
    """A word in a normalized spelling."""
    whole, point, rest = word.partition(".")
    if point and not rest.strip("0") and whole.removeprefix("-").isdecimal():
        return whole
    return unicodedata.normalize("NFC", word)


class _Fitting(Fitting):
    def __init__(self, column: str, feature: Category):
        self._column, self._feature = column, feature
        self._counts: Counter[str | None] = Counter()

    def update(self, cells: np.ndarray) -> None:
        self._counts.update(cells.tolist())

    def result(self) -> Encoder:
        feature, missing = self._feature, None in self._counts
        counts = [(word, n) for word, n in self._counts.items() if word is not None and n >= feature.min_count]
        words = tuple(word for word, _ in sorted(counts, key=lambda one: (-one[1], one[0]))[: feature.max_categories])
        width: int | None = feature.width or usual_width(len(words))
        if feature.encoding == "one_hot" or (feature.encoding == "auto" and not feature.width and len(words) <= FEW):
            width = None
        all_kept = len(words) == len(self._counts) - missing
        rows = tuple(self._counts[word] for word in words) if all_kept else ()
        return CategoryEncoder(self._column, words, missing, width, rows)


@register("feature", "category", main="encoding")
class Category(Feature):
    """A column of words or numbers that are names of categories."""

    encoder: ClassVar[type[Encoder]] = CategoryEncoder

    encoding: Literal["auto", "embedding", "one_hot"] = Field(
        default="auto", description=f"auto: one-hot for up to {FEW} categories, unless a width is given"
    )
    width: PositiveInt | None = Field(
        default=None, description="of the embedding; by default 1.6 · categories^0.56, at most 50"
    )
    min_count: PositiveInt = Field(default=1, description="rows a category needs; rarer ones count as unknown")
    max_categories: PositiveInt = Field(default=10_000, description="the most frequent ones; others count as unknown")

    def start(self, column: str) -> Fitting:
        return _Fitting(column, self)


def usual_width(categories: int) -> int:
    """The width of an embedding for a number of categories (the rule of fastai)."""
    return min(50, max(1, round(1.6 * categories**0.56)))
