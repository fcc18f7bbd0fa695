"""Numbers, scaled, with missing values filled in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.config.description import Component, written
from dltool.data.features.feature import CellError, Encoder, Feature, Fitting
from dltool.data.features.missing import LARGEST, filled, missing, present
from dltool.data.scaling.moments import Moments
from dltool.data.scaling.quantiles import Sample, from_normal, normal_knots, to_normal
from dltool.data.scaling.scaling import Quantile, Scale, Scaling
from dltool.formatting import plural
from dltool.registry import register

Missing = Literal["mean", "median", "refuse"]


@dataclass(frozen=True)
class NumericEncoder(Encoder):
    """x → (x − offset) · factor, a quantile transform to a normal distribution, or both; missing values are filled."""

    kind: ClassVar[str] = "numeric"
    reads: ClassVar[str] = "DOUBLE"

    offset: float
    factor: float
    knots: tuple[float, ...]  # evenly spaced quantiles of the training part; empty without a quantile transform
    fill: float | None  # for missing cells; None refuses them
    indicator: bool  # a second number marks missing cells
    both: bool = False  # the quantile-transformed number follows the scaled one

    @property
    def names(self) -> tuple[str, ...]:
        others = {"quantile": self.both, "missing": self.indicator}
        return (self.column, *(f"{self.column} {what}" for what, there in others.items() if there))

    def write_numbers(self, cells: np.ndarray, numbers: np.ndarray) -> None:
        if self.fill is None:
            _refuse(missing(cells), "has no value", "fill it in, or replace it with the mean: missing: mean", self)
        values = filled(cells, self.fill or 0.0)
        if not (fits := np.abs(values) <= LARGEST).all():
            missing_word = f"types: {{{self.column}: {{number: {{missing: [inf]}}}}}}"
            advice = f"correct it; in a CSV its word can be declared missing: {missing_word}"
            _refuse(~fits, "is infinite or too large for float32", advice, self)
        if self.both or not self.knots:
            numbers[:, 0] = self._scale.applied(values)
        if self.knots:
            numbers[:, int(self.both)] = to_normal(values, self._knots)
        if self.indicator:
            numbers[:, -1] = missing(cells)

    def imputed(self, cells: np.ndarray) -> int:
        return 0 if self.indicator else int(missing(cells).sum())

    def cells(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        if self.both or not self.knots:
            values = self._scale.undone(numbers[:, 0])
        else:
            values = from_normal(numbers[:, 0], self._knots)
        return np.ma.array(values, mask=numbers[:, -1] > 0.5 if self.indicator else False)

    @cached_property
    def _scale(self) -> Scale:
        return Scale(np.array(self.offset), np.array(self.factor))

    @cached_property
    def _knots(self) -> np.ndarray:
        return np.array(self.knots)


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
        description="add a quantile-transformed number (as scaling: quantile): helps with skewed numbers and many rows",
    )
    missing: Missing = Field(default="mean", description="value for missing numbers; an indicator marks them")

    def start(self, column: str) -> Fitting:
        scaling = self.scaling
        quantiles = scaling if isinstance(scaling, Quantile) else Quantile() if self.quantiles else None
        return _Fitting(column, scaling, quantiles, self.missing)
