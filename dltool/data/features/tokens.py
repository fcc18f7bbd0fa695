"""Text as a sequence: the codes of a cell's words, characters or byte pairs, in order."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, PositiveInt

from dltool.data.features.feature import Encoder, Feature, Fitting
from dltool.data.features.lengths import DESCRIPTION, usual_length
from dltool.data.files.quoting import percent
from dltool.data.samples.signature import CodeField
from dltool.data.vocabularies.kinds import VocabularyKind, fitting_of, stored_vocabulary
from dltool.data.vocabularies.vocabulary import UNKNOWN, Vocabulary
from dltool.errors import InputError, Problem
from dltool.registry import register

PADDING = -1

End = Literal["first", "last"]


@dataclass(frozen=True)
class TokensEncoder(Encoder):
    """The codes of a cell's tokens, padded with −1 at the end; an empty cell is one unknown token.

    So no sequence is empty: each has a last step, and a mean over its steps.
    """

    kind: ClassVar[str] = "tokens"
    reads: ClassVar[str] = "VARCHAR"

    vocabulary: Vocabulary
    length: int
    lowercase: bool
    keep: End  # of longer texts

    @property
    def field(self) -> CodeField | None:
        return CodeField(self.column, 0, self.length, self.vocabulary.size, None, sequence=True)

    @property
    def code_names(self) -> tuple[str, ...]:
        return self.vocabulary.names

    @property
    def unit(self) -> str:
        return self.vocabulary.unit

    def write_codes(self, cells: np.ndarray, codes: np.ndarray) -> None:
        codes[:] = PADDING
        for row, cell in enumerate(cells.tolist()):
            found = self._encoded(cell)
            found = found[: self.length] if self.keep == "first" else found[-self.length :]
            codes[row, : len(found)] = found
        codes[codes[:, 0] == PADDING, 0] = UNKNOWN

    def cells(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        return np.ma.array((codes >= 0).sum(axis=1))

    def unknown(self, cells: np.ndarray, codes: np.ndarray) -> int:
        """How many tokens are unknown, not counting those that stand for empty cells."""
        doubtful = cells[(codes[:, 0] == UNKNOWN) & (codes[:, 1:2] == PADDING).all(axis=1)]
        empty = sum(not len(self._encoded(cell)) for cell in doubtful.tolist())
        return int(np.count_nonzero(codes == UNKNOWN)) - empty

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "vocabulary": self.vocabulary.as_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "vocabulary": stored_vocabulary(data["vocabulary"])})

    def _encoded(self, cell: str | None) -> np.ndarray:
        return self.vocabulary.encode(_normalized(cell, self.lowercase))


class _Fitting(Fitting):
    def __init__(self, column: str, feature: Tokens):
        self._column, self._feature = column, feature
        self._vocabulary = fitting_of(feature.vocabulary)

    def update(self, cells: np.ndarray) -> None:
        for cell in cells.tolist():
            self._vocabulary.update(_normalized(cell, self._feature.lowercase))

    def result(self) -> TokensEncoder:
        feature = self._feature
        vocabulary = self._vocabulary.result(feature.size, feature.min_count)
        if not vocabulary.tokens:
            rare = f" that occurs {feature.min_count} times; lower min_count" if feature.min_count > 1 else ""
            message = f"the texts to train on have no {vocabulary.unit}{rare}"
            raise InputError(Problem(message, path=f"data.features.{self._column}"))
        length = feature.length or usual_length(self._vocabulary.lengths)
        return TokensEncoder(self._column, vocabulary, length, feature.lowercase, feature.keep)

    def notes(self, encoder: Encoder) -> list[str]:
        """The share of texts that are cut."""
        assert isinstance(encoder, TokensEncoder)
        lengths, kept = self._vocabulary.lengths, encoder.length
        longer = sum(count for length, count in lengths.items() if length > kept)
        if not longer:
            return []
        share, unit = percent(longer / lengths.total()), encoder.vocabulary.unit
        which = f"the {encoder.keep} {kept} {unit}s are kept"
        return [f"column '{self._column}': {share} of the texts to train on are longer, {which} (length, keep)"]


@register("feature", "tokens", main="vocabulary")
class Tokens(Feature):
    """A column of text as a sequence of tokens, for a network that begins with an embedding."""

    encoder: ClassVar[type[Encoder]] = TokensEncoder

    vocabulary: VocabularyKind = Field(
        default="word",
        description="what a token is: a word, a character, or byte pairs, which need pip install 'dltool[text]'",
    )
    size: PositiveInt = Field(default=20_000, description="of the vocabulary: the most frequent tokens")
    min_count: PositiveInt = Field(default=2, description="how often a token must occur to be in the vocabulary")
    length: PositiveInt | None = Field(default=None, description=f"most tokens of a text to keep; {DESCRIPTION}")
    keep: End = Field(default="first", description="which tokens of longer texts to keep")
    lowercase: bool = Field(default=True, description="whether upper and lower case are the same")

    def start(self, column: str) -> Fitting:
        return _Fitting(column, self)


def _normalized(cell: str | None, lowercase: bool) -> str:
    """The text of a cell, whose letters have the same Unicode form wherever they come from."""
    text = (cell or "").lower() if lowercase else cell or ""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
