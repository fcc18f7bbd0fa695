"""Categories: each word has a code."""

from __future__ import annotations

import unicodedata
from typing import ClassVar

import numpy as np
from onnx import TensorProto

from dltool.data.features.category import MISSING, UNKNOWN, CategoryEncoder
from dltool.export.onnx.columns.column import Column, Encoded, some_missing
from dltool.export.onnx.model import Model

#: a word that hardly any column has
_STRANGE = "\N{REPLACEMENT CHARACTER}"


class CategoryColumn(Column[CategoryEncoder]):
    """Texts, "" for a missing one."""

    dtype: ClassVar[str] = "string"
    meaning: ClassVar[str] = "word, '' for none"

    @property
    def differences(self) -> list[str]:
        return ["blanks around a word are not removed"]

    def encoded(self, model: Model, cells: str) -> Encoded:
        codes = self._codes
        found = model.node(
            "LabelEncoder",
            cells,
            domain="ai.onnx.ml",
            keys_strings=[*codes],
            values_int64s=[*codes.values()],
            default_int64=UNKNOWN,
        )
        return Encoded(codes=model.node("Cast", model.reshaped(found, -1, 1), to=TensorProto.INT32))

    @property
    def _codes(self) -> dict[str, int]:
        """The code of every word as it is written, then of further spellings that dltool takes for it."""
        first = 1 + self.encoder.missing
        codes = {word: first + i for i, word in enumerate(self.encoder.words)}
        for word in self.encoder.words:
            others = [unicodedata.normalize(form, word) for form in ("NFC", "NFD")]
            whole = [word, f"{word}.0"] if word.removeprefix("-").isdecimal() else []
            for other in (*others, *whole):
                if other not in codes:
                    cells = np.ma.array([other], object)
                    written = np.empty((1, 1), np.int32)
                    self.encoder.write_codes(cells, written)
                    codes[other] = int(written[0, 0])
        absent = MISSING if self.encoder.missing else UNKNOWN
        return {**dict.fromkeys(("", *self.missing), absent), **codes}

    def examples(self, generator: np.random.Generator, rows: int) -> np.ndarray:
        words = np.array([*self.encoder.words, _STRANGE], object)
        return some_missing(generator.choice(words, rows), there=True)

    def given(self, cells: np.ndarray) -> np.ndarray:
        return np.ma.filled(cells, "")
