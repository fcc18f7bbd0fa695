"""The contract of vocabularies: text to codes and back, fitted to the text of the training part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

#: the code of what is not in the vocabulary, its name, and what it becomes in text
UNKNOWN, UNKNOWN_NAME, UNKNOWN_TEXT = 0, "(unknown)", "\N{REPLACEMENT CHARACTER}"
#: names of tokens that would not be seen
_SPACE, _SPACE_SHOWN = " ", "␣"


@dataclass(frozen=True)
class Vocabulary(ABC):
    """The tokens that codes stand for, plain data that JSON keeps exactly.

    Code 0 stands for everything unknown, code i for the i-th token; negative codes are padding.
    """

    kind: ClassVar[str]  # in YAML
    unit: ClassVar[str]  # what a token is, for messages

    tokens: tuple[str, ...]

    @property
    def size(self) -> int:
        """The number of codes: the tokens, and the unknown."""
        return 1 + len(self.tokens)

    @property
    def names(self) -> tuple[str, ...]:
        """What each code stands for, printable; all different."""
        return (UNKNOWN_NAME, *map(printable, self.tokens))

    @abstractmethod
    def encode(self, text: str) -> np.ndarray:
        """The codes (n,) int32 of the tokens of a text, in order."""

    @abstractmethod
    def characters(self, text: str, codes: np.ndarray) -> np.ndarray:
        """How many characters of a text each of its codes (n,) stands for; space between words belongs to the next."""

    @abstractmethod
    def decode(self, codes: Iterable[int]) -> str:
        """The text of codes; padding is left out."""

    def as_json(self) -> dict[str, Any]:
        """All fields, and the kind."""
        return {"kind": self.kind, **{each.name: getattr(self, each.name) for each in fields(self)}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The vocabulary from the fields of `as_json`, with lists in place of tuples."""
        return cls(**{key: tuple(value) for key, value in data.items()})


class VocabularyFitting(ABC):
    """Fits a vocabulary to texts; `lengths` holds how many of them have each number of tokens, once it is fitted."""

    def __init__(self) -> None:
        self.lengths: Counter[int] = Counter()

    @abstractmethod
    def update(self, text: str) -> None:
        """Take in another text."""

    @abstractmethod
    def result(self, size: int, min_count: int) -> Vocabulary:
        """The `size` most frequent tokens, or fewer: only those that occur at least `min_count` times."""


def most_frequent(counts: Mapping[str, int], size: int, min_count: int) -> tuple[str, ...]:
    """The most frequent tokens, at most `size` of them; equally frequent ones are in alphabetical order."""
    kept = [(token, count) for token, count in counts.items() if count >= min_count]
    return tuple(token for token, _ in sorted(kept, key=lambda one: (-one[1], one[0]))[:size])


def printable(token: str) -> str:
    """The token with spaces as ␣ and escapes for what cannot be seen, different for each token.

    Bytes that are no characters, which Python calls surrogate escapes, are written as `\\xff`.
    """
    return "".join(map(_printable_character, token))


def _printable_character(character: str) -> str:
    if character == _SPACE:
        return _SPACE_SHOWN
    if character.isprintable() and character not in ("\\", _SPACE_SHOWN):
        return character
    point = ord(character)
    if point < 0x80:
        return character.encode("unicode_escape").decode()
    return f"\\x{point - 0xDC00:02x}" if 0xDC80 <= point <= 0xDCFF else f"\\u{point:04x}"
