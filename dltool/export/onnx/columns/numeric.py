"""Numbers: filled in, scaled, transformed by quantiles, and marked where missing."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from onnx import TensorProto

from dltool.data.features.numeric import NumericEncoder
from dltool.data.scaling.quantiles import NORMAL, SHARES
from dltool.export.onnx.columns.column import Column, Encoded, some_missing
from dltool.export.onnx.model import Model


class NumericColumn(Column[NumericEncoder]):
    """float64, NaN for a missing number: as in dltool, float32 comes after scaling."""

    dtype: ClassVar[str] = "float64"
    meaning: ClassVar[str] = "number, NaN for none"

    @property
    def differences(self) -> list[str]:
        return [] if self.encoder.fill is not None else ["a missing number is not refused, but gives NaN"]

    def encoded(self, model: Model, cells: str) -> Encoded:
        encoder = self.encoder
        values = model.reshaped(cells, -1, 1)
        without = model.node("IsNaN", values)
        if encoder.fill is not None:
            values = model.node("Where", without, np.array(encoder.fill), values)
        numbers = []
        if encoder.both or not encoder.knots:
            shifted = model.node("Sub", values, np.array(encoder.offset))
            numbers.append(model.node("Mul", shifted, np.array(encoder.factor)))
        if encoder.knots:
            numbers.append(_to_normal(model, values, np.array(encoder.knots)))
        if encoder.indicator:
            numbers.append(model.node("Cast", without, to=TensorProto.DOUBLE))
        joined = model.node("Concat", *numbers, axis=1)
        return Encoded(numbers=model.node("Cast", joined, to=TensorProto.FLOAT))

    def examples(self, generator: np.random.Generator, rows: int) -> np.ndarray:
        encoder = self.encoder
        cells = encoder.offset + generator.normal(size=rows) / encoder.factor
        if encoder.knots:
            cells = generator.choice(np.array(encoder.knots), rows) + generator.normal(size=rows) * (
                np.arange(rows) % 2
            )
        return some_missing(cells, encoder.fill is not None)

    def given(self, cells: np.ndarray) -> np.ndarray:
        return np.ma.filled(cells, np.nan)


def _to_normal(model: Model, values: str, knots: np.ndarray) -> str:
    """A standard normal distribution by quantiles; a number that equals several is mapped to their middle."""
    shares = np.linspace(0, 1, len(knots))
    rising = _interpolated(model, values, knots, shares)
    falling = _interpolated(model, model.node("Neg", values), -knots[::-1], shares)
    total = model.node("Sub", model.node("Add", rising, np.array(1.0)), falling)
    return _interpolated(model, model.node("Mul", total, np.array(0.5)), SHARES, NORMAL)


def _interpolated(model: Model, x: str, points: np.ndarray, values: np.ndarray) -> str:
    """`numpy.interp` of x (N, 1): from the last point that is not above x on, along the slope there."""
    steps = np.diff(points)
    slopes = np.append(np.divide(np.diff(values), steps, out=np.zeros_like(steps), where=steps > 0), 0.0)
    below = model.node("Cast", model.node("GreaterOrEqual", x, points), to=TensorProto.INT64)
    count = model.node("ReduceSum", below, np.array([1], np.int64), keepdims=1)
    place = model.node("Max", model.node("Sub", count, np.array(1, np.int64)), np.array(0, np.int64))
    start, slope, height = (model.node("Gather", array, place) for array in (points, slopes, values))
    beyond = model.node("Max", model.node("Sub", x, start), np.array(0.0))
    return model.node("Add", model.node("Mul", beyond, slope), height)
