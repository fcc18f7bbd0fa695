"""A column that ONNX cannot encode: its codes are the input."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from dltool.data.features.feature import Encoder
from dltool.export.onnx.columns.column import Column, Encoded
from dltool.export.onnx.columns.words import strange_texts
from dltool.export.onnx.model import Model


class CodesColumn(Column[Encoder]):
    """Codes as dltool makes them, −1 behind the last one."""

    dtype: ClassVar[str] = "int32"

    meaning: ClassVar[str] = "codes, −1 behind the last one"

    @property
    def shape(self) -> tuple[int | str, ...]:  # type: ignore[override]
        field = self.encoder.field
        assert field is not None
        return ("N", field.length)

    def encoded(self, model: Model, cells: str) -> Encoded:
        return Encoded(codes=cells)

    def examples(self, generator: np.random.Generator, rows: int) -> np.ndarray:
        return np.ma.array(strange_texts(generator, ["one", "two"], rows))

    def given(self, cells: np.ndarray) -> np.ndarray:
        codes = np.empty((len(cells), int(self.shape[1])), np.int32)
        self.encoder.write_codes(cells, codes)
        return codes
