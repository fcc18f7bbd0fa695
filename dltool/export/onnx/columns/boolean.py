"""Booleans."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from onnx import TensorProto

from dltool.data.features.boolean import BooleanEncoder
from dltool.export.onnx.columns.column import Column, Encoded, some_missing
from dltool.export.onnx.model import Model


class BooleanColumn(Column[BooleanEncoder]):
    """float64: ONNX has no boolean that can be missing."""

    dtype: ClassVar[str] = "float64"
    meaning: ClassVar[str] = "1 or 0, NaN for none"

    def encoded(self, model: Model, cells: str) -> Encoded:
        values = model.reshaped(cells, -1, 1)
        without = model.node("IsNaN", values)
        numbers = [model.node("Where", without, np.array(0.5), values)]
        if self.encoder.indicator:
            numbers.append(model.node("Cast", without, to=TensorProto.DOUBLE))
        joined = model.node("Concat", *numbers, axis=1)
        return Encoded(numbers=model.node("Cast", joined, to=TensorProto.FLOAT))

    def examples(self, generator: np.random.Generator, rows: int) -> np.ndarray:
        return some_missing(generator.random(rows) < 0.5, there=True)

    def given(self, cells: np.ndarray) -> np.ndarray:
        return np.ma.filled(cells.astype(np.float64), np.nan)
