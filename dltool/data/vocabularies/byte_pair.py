"""Byte pairs as tokens: bytes, and frequent sequences of them (Sennrich et al., 2016; on bytes as in GPT-2)."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from dltool.data.files.text_pieces import divided
from dltool.data.vocabularies.vocabulary import UNKNOWN_NAME, UNKNOWN_TEXT, Vocabulary, VocabularyFitting, printable
from dltool.errors import InputError

#: characters of text that the pairs are learned from: the first ones
MOST_CHARACTERS = 50_000_000
#: characters that are encoded at a time
TOGETHER = 1 << 14
BYTES = 256


@dataclass(frozen=True)
class BytePairVocabulary(Vocabulary):
    """Sequences of bytes, in the order in which they were merged; nothing is unknown, so code 0 is never used.

    A token is written with one character for each byte, as in GPT-2.
    """

    kind: ClassVar[str] = "byte_pair"
    unit: ClassVar[str] = "token"

    merges: tuple[tuple[str, str], ...]  # in the order in which they are applied

    @property
    def names(self) -> tuple[str, ...]:
        shown = (self._bytes(token).decode("utf-8", "surrogateescape") for token in self.tokens)
        return (UNKNOWN_NAME, *map(printable, shown))

    def encode(self, text: str) -> np.ndarray:
        if len(text) <= TOGETHER:
            return np.array(self._tokenizer.encode(text).ids, np.int32) + 1
        pieces = self._tokenizer.encode_batch_fast([*divided(text, TOGETHER)])  # on all processors
        return np.concatenate([np.array(piece.ids, np.int32) for piece in pieces]) + 1

    def characters(self, text: str, codes: np.ndarray) -> np.ndarray:
        return self._starts[codes]

    def decode(self, codes: Iterable[int]) -> str:
        """The text, exactly; a part of a character becomes �."""
        found = (self._bytes(self.tokens[code - 1]) if code else UNKNOWN_TEXT.encode() for code in codes if code >= 0)
        return b"".join(found).decode("utf-8", "replace")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(tuple(data["tokens"]), tuple((one, other) for one, other in data["merges"]))

    @staticmethod
    def _bytes(token: str) -> bytes:
        return bytes(_BYTE_OF[character] for character in token)

    @cached_property
    def _starts(self) -> np.ndarray:
        """How many characters start in the bytes of each code; all but the first byte of a character are 10xxxxxx."""
        starts = (sum(byte & 0xC0 != 0x80 for byte in self._bytes(token)) for token in self.tokens)
        return np.array([1, *starts], np.int64)

    @cached_property
    def _tokenizer(self) -> Any:
        library = _library()
        codes = {token: code for code, token in enumerate(self.tokens)}
        return _on_bytes(library, library.models.BPE(vocab=codes, merges=list(self.merges)))


class BytePairFitting(VocabularyFitting):
    """Gathers text to learn from."""

    def __init__(self) -> None:
        super().__init__()
        _library()  # raises before anything is read
        self._texts: list[str] = []
        self._room = MOST_CHARACTERS

    def update(self, text: str) -> None:
        if self._room:
            self._texts.append(text[: self._room])
            self._room -= len(self._texts[-1])

    def result(self, size: int, min_count: int) -> BytePairVocabulary:
        """At least all 256 bytes, whatever the size."""
        library = _library()
        tokenizer = _on_bytes(library, library.models.BPE())
        trainer = library.trainers.BpeTrainer(
            vocab_size=max(size, BYTES),
            min_frequency=min_count,
            initial_alphabet=library.pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(self._texts, trainer)
        codes = tokenizer.get_vocab()
        self.lengths.update(len(encoded) for encoded in tokenizer.encode_batch_fast(self._texts))
        return BytePairVocabulary(tuple(sorted(codes, key=codes.__getitem__)), _merges(tokenizer))


def _merges(tokenizer: Any) -> tuple[tuple[str, str], ...]:
    """The merges of a trained tokenizer, which older versions of the library write as text."""
    found = json.loads(tokenizer.to_str())["model"]["merges"]
    pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in found)
    return tuple((one, other) for one, other in pairs)


def _on_bytes(library: Any, model: Any) -> Any:
    """A tokenizer of bytes; pairs never reach over the end of a word."""
    tokenizer = library.Tokenizer(model)
    tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def _library() -> Any:
    """The tokenizers library; raises InputError unless it is installed."""
    try:
        return importlib.import_module("tokenizers")
    except ImportError:
        raise InputError("byte pairs need the tokenizers library: pip install 'dltool[text]'") from None


def _characters_of_bytes() -> dict[str, int]:
    """The byte that each character of a token stands for: printable bytes stand for themselves."""
    themselves = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(BYTES) if byte not in themselves]
    return {**{chr(byte): byte for byte in themselves}, **{chr(BYTES + i): byte for i, byte in enumerate(others)}}


_BYTE_OF = _characters_of_bytes()
