"""Text as a bag of words: the codes of the different words, in order of first occurrence."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from onnx import TensorProto

from dltool.data.features.text import WORD, TextEncoder
from dltool.export.onnx.columns.column import Column, Encoded
from dltool.export.onnx.columns.words import DIFFERENCES, all_spellings, codes, strange_texts, tokens
from dltool.export.onnx.model import Model

_NOTHING = np.array(0, np.int64)


class TextColumn(Column[TextEncoder]):
    """Texts, "" for a missing one."""

    dtype: ClassVar[str] = "string"
    meaning: ClassVar[str] = "text"

    @property
    def refusal(self) -> str | None:
        return "ONNX cannot hash words (CRC-32)" if self.encoder.buckets else None

    @property
    def differences(self) -> list[str]:
        return DIFFERENCES

    def encoded(self, model: Model, cells: str) -> Encoded:
        words = tokens(model, cells, WORD.pattern, lowercase=True)
        known = all_spellings(self.encoder.words, 1, lowercase=True)
        found = [codes(model, words, known, 0)]
        if self.encoder.ngrams == 2:
            found.append(codes(model, _pairs(model, words), known, 0))
        everything = model.node("Concat", *found, axis=1)
        return Encoded(codes=self._different(model, everything))

    def examples(self, generator: np.random.Generator, rows: int) -> np.ndarray:
        words = [word for word in self.encoder.words if " " not in word][:200]
        return np.ma.array(strange_texts(generator, words, rows))

    def given(self, cells: np.ndarray) -> np.ndarray:
        return np.ma.filled(cells, "")

    def _different(self, model: Model, everything: str) -> str:
        """(N, length) int32: the first codes (N, T) of each kind above 0, −1 behind them."""
        length, size = self.encoder.length, 1 + len(self.encoder.words)
        shape = model.node("Shape", everything)
        rows = model.node("Gather", shape, np.array([0], np.int64))
        count = model.node("Gather", shape, np.array(1, np.int64))
        place = model.node("Range", _NOTHING, count, np.array(1, np.int64))
        places = model.node("Expand", place, shape)
        nowhere = model.node("Expand", _full(np.iinfo(np.int64).max), _joined(model, rows, size))
        first = model.node("ScatterElements", nowhere, everything, places, axis=1, reduction="min")
        is_first = model.node("Equal", model.node("GatherElements", first, everything, axis=1), places)
        kept = model.node("And", is_first, model.node("Greater", everything, _NOTHING))
        ranks = model.node("CumSum", model.node("Cast", kept, to=TensorProto.INT64), np.array(1, np.int64))
        before = model.node("Sub", ranks, np.array(1, np.int64))
        fits = model.node("And", kept, model.node("Less", before, np.array(length, np.int64)))
        target = model.node("Where", fits, before, np.array(length, np.int64))  # the last place is for all others
        padding = model.node("Expand", _full(-1), _joined(model, rows, length + 1))
        placed = model.node("ScatterElements", padding, target, everything, axis=1)
        ends = np.array([0], np.int64), np.array([length], np.int64), np.array([1], np.int64)
        return model.node("Cast", model.node("Slice", placed, *ends), to=TensorProto.INT32)


def _pairs(model: Model, words: str) -> str:
    """(N, T − 1) each word and the next, with a space between them."""
    axis, big = np.array([1], np.int64), np.array([np.iinfo(np.int64).max])
    one = model.node("Slice", words, np.array([0], np.int64), np.array([-1], np.int64), axis)
    other = model.node("Slice", words, np.array([1], np.int64), big, axis)
    space = model.words("space", [" "])
    return model.node("StringConcat", model.node("StringConcat", one, space, since=20), other, since=20)


def _full(value: int) -> np.ndarray:
    return np.array([[value]], np.int64)


def _joined(model: Model, rows: str, columns: int) -> str:
    return model.node("Concat", rows, np.array([columns], np.int64), axis=0)
