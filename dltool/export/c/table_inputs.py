"""Rows of a table as `predict` gets them: numbers as they are in the cells, then the codes of categories and texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dltool.data.features.boolean import BooleanEncoder
from dltool.data.features.feature import Encoder
from dltool.data.features.numeric import NumericEncoder
from dltool.data.preprocessing.features import TablePreparation
from dltool.data.samples.samples import Samples
from dltool.data.scaling.quantiles import NORMAL, SHARES
from dltool.export.c.inputs import PREPARED, Inputs, places
from dltool.export.c.source import Buffer, Place, Shifted, Source, literal
from dltool.export.samples import random_samples

#: names of codes that the head of a file lists
LISTED = 100

_NORMAL = """
static void normal(float *y, float x, const float *knots, int n, const float *shares, const float *points, int count)
{
    int below = 0, above = n - 1, j = 0;
    while (below < n - 1 && knots[below + 1] <= x)
        below++;
    while (above > 0 && knots[above - 1] >= x)
        above--;
    double rising = below, falling = above;
    if (below < n - 1 && x > knots[below])
        rising += ((double)x - knots[below]) / ((double)knots[below + 1] - knots[below]);
    if (above > 0 && x < knots[above])
        falling -= ((double)knots[above] - x) / ((double)knots[above] - knots[above - 1]);
    double share = 0.5 * (rising + falling) / (n - 1);
    const int upper = share > 0.5;
    share = upper ? 1.0 - share : share;
    while (j < count - 2 && shares[j + 1] <= share)
        j++;
    const double part = (share - shares[j]) / ((double)shares[j + 1] - shares[j]);
    const double point = points[j] + (part > 0.0 ? part : 0.0) * ((double)points[j + 1] - points[j]);
    y[0] = (float)(upper ? -point : point);
}
"""


class TableInputs(Inputs):
    """One number for each column of numbers, parts of dates as dltool prepares them, then codes."""

    @property
    def size(self) -> int:
        return self._numbers + sum(each.length for each in self.trained.signature.codes)

    def described(self) -> Iterator[str]:
        place = 0
        for encoder in self._encoders:
            if isinstance(encoder, NumericEncoder | BooleanEncoder):
                kind = "number" if isinstance(encoder, NumericEncoder) else "1 or 0"
                yield f"{place}: {encoder.column}, {kind}, NAN for none"
                place += 1
            elif encoder.names:
                yield from (f"{place + i}: {name}, prepared" for i, name in enumerate(encoder.names))
                place += len(encoder.names)
        for encoder in self._encoders:
            if encoder.field:
                names = [f"{code} {name}" for code, name in enumerate(encoder.code_names[:LISTED])]
                more = ", ..." if len(encoder.code_names) > LISTED else ""
                padding = ", -1 behind the last one" if encoder.field.length > 1 else ""
                codes = f"code{'s' if padding else ''}{padding}: {', '.join(names)}{more}"
                yield f"{places(place, encoder.field.length)}: {encoder.column}, {codes}"
                place += encoder.field.length

    def add(self, source: Source) -> dict[str, Place]:
        columns = [_Prepared.of(encoder) for encoder in self._encoders]
        starts = np.cumsum([0, *(column.inputs for column in columns)])
        made: dict[str, Place] = {"codes": f"in + {self._numbers}"}
        origin = [start + each for start, column in zip(starts, columns, strict=False) for each in column.origin]
        if not origin:
            return made
        offset, factor, absent = (
            np.concatenate([getattr(column, name) for column in columns]) for name in ("offset", "factor", "absent")
        )
        arrays = np.array(origin, np.float32), offset, factor, absent.astype(np.float32)
        y = source.made(PREPARED, "prepared", len(origin), "in", *arrays, len(origin), len(origin))
        self._add_quantiles(source, y, starts)
        return {**made, "features": y}

    def example(self, generator: np.random.Generator) -> tuple[np.ndarray, Samples]:
        samples, rows = random_samples(self.trained, generator), self.trained.tried
        given, numbers = [], []
        for encoder in self._encoders:
            made = np.empty((rows, len(encoder.names)), np.float32)
            if isinstance(encoder, NumericEncoder | BooleanEncoder):
                cells = _cells(encoder, generator, rows)
                encoder.write_numbers(cells, made)
                given.append(np.ma.filled(cells.astype(np.float64), np.nan)[:, None])
            else:
                made[:] = generator.normal(size=made.shape)
                given.append(made)
            numbers.append(made)
        joined = np.concatenate([*given, samples.codes], axis=1).astype(np.float32)
        return joined, Samples(np.concatenate(numbers, axis=1), samples.targets, samples.codes)

    @property
    def _numbers(self) -> int:
        return sum(_Prepared.of(encoder).inputs for encoder in self._encoders)

    @property
    def _encoders(self) -> Sequence[Encoder]:
        preparation = self.trained.preprocessing.features
        assert isinstance(preparation, TablePreparation)
        return preparation.encoders

    def _add_quantiles(self, source: Source, y: Buffer, starts: np.ndarray) -> None:
        """Calls that put quantile-transformed numbers in their places of y."""
        half = len(SHARES) // 2 + 1
        table = SHARES[:half].astype(np.float32), NORMAL[:half].astype(np.float32)
        place = 0
        for start, encoder in zip(starts.tolist(), self._encoders, strict=False):
            if isinstance(encoder, NumericEncoder) and encoder.knots:
                knots = np.array(encoder.knots, np.float32)
                x = f"in[{start}]"
                if encoder.fill is not None:
                    x = f"isnan({x}) ? {literal(encoder.fill)} : {x}"
                target = Shifted(y, place + int(encoder.both))
                source.call(_NORMAL, "normal", target, x, knots, len(knots), *table, half)
            place += len(encoder.names)


@dataclass(frozen=True)
class _Prepared:
    """How the numbers of a column follow from `inputs` numbers: y = (x[origin] − offset) · factor, or `absent`."""

    inputs: int
    origin: list[int]
    offset: np.ndarray
    factor: np.ndarray
    absent: np.ndarray

    @classmethod
    def of(cls, encoder: Encoder) -> _Prepared:
        count = len(encoder.names)
        offset, factor, absent = np.zeros(count), np.ones(count), np.zeros(count)
        if not isinstance(encoder, NumericEncoder | BooleanEncoder):
            return cls(count, [*range(count)], offset, factor, absent)
        if isinstance(encoder, NumericEncoder):
            offset[0], factor[0] = encoder.offset, encoder.factor
            absent[0] = np.nan if encoder.fill is None else (encoder.fill - encoder.offset) * encoder.factor
        else:
            absent[0] = 0.5
        if encoder.indicator:
            factor[-1], absent[-1] = 0, 1
        return cls(1, [0] * count, offset, factor, absent)


def _cells(encoder: NumericEncoder | BooleanEncoder, generator: np.random.Generator, rows: int) -> np.ndarray:
    """Cells, the first one missing where that is allowed.

    They are numbers that float32 holds, or quantiles: rounded to float32, one still equals the quantile in the file.
    """
    if isinstance(encoder, BooleanEncoder):
        return np.ma.array(generator.random(rows) < 0.5, mask=np.arange(rows) == 0)
    if encoder.knots:
        cells = generator.choice(np.array(encoder.knots), rows)
    else:
        numbers = encoder.offset + generator.normal(size=rows) / encoder.factor
        cells = numbers.astype(np.float32).astype(np.float64)
    return np.ma.array(cells, mask=(np.arange(rows) == 0) & (encoder.fill is not None))
