"""Text as a sequence: the codes of words or characters, in order."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from onnx import TensorProto

from dltool.data.features.tokens import PADDING, TokensEncoder
from dltool.data.vocabularies.vocabulary import UNKNOWN
from dltool.data.vocabularies.word import WORD, WordVocabulary
from dltool.export.onnx.columns.column import Column, Encoded
from dltool.export.onnx.columns.words import DIFFERENCES, all_spellings, codes, strange_texts, tokens
from dltool.export.onnx.columns.words import PADDING as NO_WORD
from dltool.export.onnx.model import Model


class TokensColumn(Column[TokensEncoder]):
    """Texts, "" for a missing one."""

    dtype: ClassVar[str] = "string"
    meaning: ClassVar[str] = "text"

    @property
    def refusal(self) -> str | None:
        return "ONNX cannot divide text into byte pairs" if self.encoder.vocabulary.kind == "byte_pair" else None

    @property
    def differences(self) -> list[str]:
        return DIFFERENCES if self.encoder.lowercase else DIFFERENCES[:1]

    def encoded(self, model: Model, cells: str) -> Encoded:
        encoder = self.encoder
        pattern = WORD.pattern if isinstance(encoder.vocabulary, WordVocabulary) else None
        words = tokens(model, cells, pattern, lowercase=encoder.lowercase)
        known = {NO_WORD: PADDING, **all_spellings(encoder.vocabulary.tokens, 1, lowercase=encoder.lowercase)}
        return Encoded(codes=self._kept(model, codes(model, words, known, UNKNOWN)))

    def examples(self, generator: np.random.Generator, rows: int) -> np.ndarray:
        return np.ma.array(strange_texts(generator, self.encoder.vocabulary.tokens[:200], rows))

    def given(self, cells: np.ndarray) -> np.ndarray:
        return np.ma.filled(cells, "")

    def _kept(self, model: Model, found: str) -> str:
        """(N, length) int32: the first or the last codes of (N, T), −1 behind them; an empty text is one unknown."""
        length = self.encoder.length
        rows = model.node("Gather", model.node("Shape", found), np.array([0], np.int64))
        size = model.node("Concat", rows, np.array([length], np.int64), axis=0)
        padded = model.node("Concat", found, model.node("Expand", np.array([[PADDING]], np.int64), size), axis=1)
        places = model.node("Expand", np.arange(length)[None], size)
        if self.encoder.keep == "last":
            present = model.node("Cast", model.node("Greater", padded, np.array(PADDING)), to=TensorProto.INT64)
            count = model.node("ReduceSum", present, np.array([1], np.int64), keepdims=1)
            start = model.node("Max", model.node("Sub", count, np.array(length)), np.array(0, np.int64))
            places = model.node("Add", places, start)
        kept = model.node("GatherElements", padded, places, axis=1)
        empty = model.node("And", model.node("Equal", kept, np.array(PADDING)), np.arange(length) == 0)
        return model.node("Cast", model.node("Where", empty, np.array(UNKNOWN, np.int64), kept), to=TensorProto.INT32)
