"""Categories: every word that a column holds gets a code, by which the network finds its row of an embedding."""

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

#: up to so many categories, a number for each is as good as an embedding
FEW = 10
UNKNOWN, MISSING = 0, 1
#: what stands for cells whose words are not told apart
RARE = "(rare)"


@dataclass(frozen=True)
class CategoryEncoder(Encoder):
    """Codes: 0 for words that are too rare to be told apart; 1 for what is missing, where training has that.

    A word that training has not seen counts as a rare one. Where no word was rare, nothing was learned for these, and
    it stands for the mean of all words, each as often as training has it.
    """

    kind: ClassVar[str] = "category"
    reads: ClassVar[str] = "VARCHAR"

    words: tuple[str, ...]  # from the most frequent on
    missing: bool  # missing is a category of its own
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
        """The code of a word that is written otherwise: 7.0 for 7, or with another form of the same letters."""
        return self._alike_codes.get(_plain(cell), UNKNOWN)

    @cached_property
    def _alike_codes(self) -> dict[str, int]:
        """Codes by the plain form of words, where no two have the same."""
        words = [_plain(word) for word in self.words]
        counts = Counter(words)
        return {word: 1 + self.missing + place for place, word in enumerate(words) if counts[word] == 1}

    @cached_property
    def _codes(self) -> dict[str | None, int]:
        start = 1 + self.missing
        codes: dict[str | None, int] = {word: start + i for i, word in enumerate(self.words)}
        return {**codes, None: MISSING if self.missing else UNKNOWN}  # masked arrays list None for what is missing


def _plain(word: str) -> str:
    """A word without what says the same in another way."""
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
        told_apart = len(words) == len(self._counts) - missing
        rows = tuple(self._counts[word] for word in words) if told_apart else ()
        return CategoryEncoder(self._column, words, missing, width, rows)


@register("feature", "category", main="encoding")
class Category(Feature):
    """A column of words or numbers that name things."""

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
    """Columns of an embedding that serve so many categories (the rule of fastai)."""
    return min(50, max(1, round(1.6 * categories**0.56)))
