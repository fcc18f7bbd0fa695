"""Numbers: scaled, with the missing ones filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.config.description import Component, written
from dltool.data.features.feature import CellError, Encoder, Feature, Fitting
from dltool.data.features.missing import LARGEST, filled, missing, present
from dltool.data.files.quoting import plural
from dltool.data.scaling.moments import Moments
from dltool.data.scaling.quantiles import Sample, from_normal, normal_knots, to_normal
from dltool.data.scaling.scaling import Quantile, Scale, Scaling
from dltool.registry import register

Missing = Literal["mean", "median", "refuse"]


@dataclass(frozen=True)
class NumericEncoder(Encoder):
    """x → (x − offset) · factor, by knots to a normal distribution, or both; what is missing gets its own value."""

    kind: ClassVar[str] = "numeric"
    reads: ClassVar[str] = "DOUBLE"

    offset: float
    factor: float
    knots: tuple[float, ...]  # evenly spaced quantiles of the training part; none: scaled by offset and factor
    fill: float | None  # for missing cells; None refuses them
    indicator: bool  # a further number tells which cells are missing
    both: bool = False  # the number by knots stands behind the scaled one

    @property
    def names(self) -> tuple[str, ...]:
        further = {"quantile": self.both, "missing": self.indicator}
        return (self.column, *(f"{self.column} {what}" for what, there in further.items() if there))

    def write_numbers(self, cells: np.ndarray, numbers: np.ndarray) -> None:
        if self.fill is None:
            _refuse(missing(cells), "has no value", "fill it in, or let its mean stand for it: missing: mean", self)
        values = filled(cells, self.fill or 0.0)
        missing_word = f"types: {{{self.column}: {{number: {{missing: [inf]}}}}}}"
        advice = f"correct it; in a CSV its word can count as missing: {missing_word}"
        _refuse(~(np.abs(values) <= LARGEST), "is infinite or too large for float32", advice, self)
        if self.both or not self.knots:
            numbers[:, 0] = Scale(np.array(self.offset), np.array(self.factor)).applied(values)
        if self.knots:
            numbers[:, int(self.both)] = to_normal(values, np.array(self.knots))
        if self.indicator:
            numbers[:, -1] = missing(cells)

    def cells(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        if self.both or not self.knots:
            values = Scale(np.array(self.offset), np.array(self.factor)).undone(numbers[:, 0])
        else:
            values = from_normal(numbers[:, 0], np.array(self.knots))
        return np.ma.array(values, mask=numbers[:, -1] > 0.5 if self.indicator else False)


def _refuse(bad: np.ndarray, what: str, advice: str, encoder: Encoder) -> None:
    if bad.any():
        rows = np.flatnonzero(bad)
        others = f", as in {plural(rows.size - 1, 'row')} below" if rows.size > 1 else ""
        raise CellError(int(rows[0]), f"column '{encoder.column}' {what}{others}; {advice}")


class _Fitting(Fitting):
    def __init__(self, column: str, scaling: Scaling, quantiles: Quantile | None, fill: Missing):
        self._column, self._scaling, self._quantiles, self._fill = column, scaling, quantiles, fill
        self._moments = Moments()
        self._sample = Sample()
        self._missing = False

    def update(self, cells: np.ndarray) -> None:
        values = present(cells)
        self._missing |= bool(missing(cells).any())
        if values.size:
            self._moments.update(values[:, None])
        if self._fill == "median" or self._quantiles:
            self._sample.update(values)

    def result(self) -> Encoder:
        empty = not self._moments.count
        fill: float | None = None
        if self._fill != "refuse":
            middle = self._sample.median if self._fill == "median" else float(self._moments.mean.item())
            fill = 0.0 if empty else middle
        knots: tuple[float, ...] = ()
        scale = None if empty else self._scaling.scale(self._moments)
        if self._quantiles and not empty:
            knots = normal_knots(self._sample, self._quantiles.quantiles)
        offset, factor = (float(scale.offset.item()), float(scale.factor.item())) if scale else (0.0, 1.0)
        indicator = self._missing and fill is not None
        both = bool(knots) and self._scaling is not self._quantiles
        return NumericEncoder(self._column, offset, factor, knots, fill, indicator, both)


@register("feature", "numeric", main="scaling")
class Numeric(Feature):
    """A column of numbers."""

    encoder: ClassVar[type[Encoder]] = NumericEncoder

    scaling: Annotated[Scaling, Component("scaling")] = written("standard")
    quantiles: bool = Field(
        default=False,
        description="a second number, as scaling: quantile makes it: helps where numbers are skewed, and rows are many",
    )
    missing: Missing = Field(default="mean", description="what stands for a missing number, beside a mark that it is")

    def start(self, column: str) -> Fitting:
        scaling = self.scaling
        quantiles = scaling if isinstance(scaling, Quantile) else Quantile() if self.quantiles else None
        return _Fitting(column, scaling, quantiles, self.missing)
