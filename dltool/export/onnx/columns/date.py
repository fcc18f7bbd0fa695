"""Dates and times: the time itself, and sine and cosine of its place within year, month, week, day and hour."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from onnx import TensorProto

from dltool.data.features.date import CYCLES, DAY, DateEncoder
from dltool.export.onnx.columns.column import Column, Encoded, some_missing
from dltool.export.onnx.model import Model


class DateColumn(Column[DateEncoder]):
    """Seconds since 1970 as float64, NaN for a missing time: ONNX has no times."""

    dtype: ClassVar[str] = "float64"
    meaning: ClassVar[str] = "seconds since 1970-01-01 00:00 of the time as it is written, NaN for none"

    def encoded(self, model: Model, cells: str) -> Encoded:
        encoder, given = self.encoder, model.reshaped(cells, -1, 1)
        without = model.node("IsNaN", given)
        clock = _Clock(model, model.node("Where", without, np.array(0.0), given))
        days = model.node("Div", clock.seconds, np.array(float(DAY)))
        shifted = model.node("Sub", days, np.array(encoder.mean))
        numbers = [model.node("Div", shifted, np.array(encoder.deviation))]
        for cycle in encoder.cycles:
            angle = model.node("Mul", clock.within(cycle), np.array(2 * np.pi / CYCLES[cycle]))
            numbers += [model.node("Sin", angle), model.node("Cos", angle)]
        joined = model.node("Where", without, np.array(0.0), model.node("Concat", *numbers, axis=1))
        if encoder.indicator:
            joined = model.node("Concat", joined, model.node("Cast", without, to=TensorProto.DOUBLE), axis=1)
        return Encoded(numbers=model.node("Cast", joined, to=TensorProto.FLOAT))

    def examples(self, generator: np.random.Generator, rows: int) -> np.ndarray:
        days = self.encoder.mean + generator.normal(size=rows) * (self.encoder.deviation + 400)
        return some_missing(np.rint(days * DAY).astype("datetime64[s]").astype("datetime64[us]"), there=True)

    def given(self, cells: np.ndarray) -> np.ndarray:
        return np.ma.filled(
            np.ma.array(np.ma.getdata(cells).astype(np.int64) / 1e6, mask=np.ma.getmaskarray(cells)), np.nan
        )


class _Clock:
    """Places within cycles of seconds (N, 1) since 1970, as whole numbers in float64."""

    def __init__(self, model: Model, seconds: str):
        self._model, self.seconds = model, seconds
        self._day = self._floored(seconds, DAY)

    def within(self, cycle: str) -> str:
        """Steps since the cycle began."""
        if cycle == "weekday":
            return self._modulo(self._plus(self._day, 3), 7)  # 1970 began on a Thursday
        if cycle in ("month", "day"):
            return self._of_calendar(cycle)
        second = self._modulo(self.seconds, DAY)
        return self._floored(second if cycle == "hour" else self._modulo(second, 3600), 3600 if cycle == "hour" else 60)

    def _of_calendar(self, cycle: str) -> str:
        """The day of the month or the month, from 0 on (H. Hinnant, chrono-compatible low-level date algorithms)."""
        day = self._plus(self._day, 719_468)  # since 0000-03-01
        of_era = self._modulo(day, 146_097)
        leaps = [self._floored(of_era, each) for each in (1460, 36_524, 146_096)]
        shortened = self._less(self._more(self._less(of_era, leaps[0]), leaps[1]), leaps[2])
        year = self._floored(shortened, 365)
        began = self._less(self._more(self._times(year, 365), self._floored(year, 4)), self._floored(year, 100))
        of_year = self._less(of_era, began)
        month = self._floored(self._plus(self._times(of_year, 5), 2), 153)  # 0: March
        if cycle == "month":
            return self._modulo(self._plus(month, 2), 12)
        return self._less(of_year, self._floored(self._plus(self._times(month, 153), 2), 5))

    def _floored(self, x: str, by: float) -> str:
        return self._model.node("Floor", self._model.node("Div", x, np.array(float(by))))

    def _modulo(self, x: str, by: float) -> str:
        return self._less(x, self._times(self._floored(x, by), by))

    def _times(self, x: str, factor: float) -> str:
        return self._model.node("Mul", x, np.array(float(factor)))

    def _plus(self, x: str, number: float) -> str:
        return self._model.node("Add", x, np.array(float(number)))

    def _more(self, x: str, y: str) -> str:
        return self._model.node("Add", x, y)

    def _less(self, x: str, y: str) -> str:
        return self._model.node("Sub", x, y)
