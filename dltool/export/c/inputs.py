"""What `predict` gets of a sample: numbers as they are in the data where C can prepare them, and codes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from dltool.data.features.boolean import BooleanEncoder
from dltool.data.features.feature import Encoder
from dltool.data.features.numeric import NumericEncoder
from dltool.data.preprocessing.features import ArrayPreparation, TablePreparation
from dltool.data.samples.samples import Samples
from dltool.data.scaling.quantiles import NORMAL, SHARES
from dltool.data.scaling.scaling import Scale
from dltool.export.c.source import Buffer, Place, Shifted, Source, literal
from dltool.export.opening import Trained
from dltool.export.samples import random_samples

#: names of codes that the head of a file lists
LISTED = 100

_PREPARED = """
static void prepared(float *y, const float *in, const float *from, const double *offset, const double *factor,
                     const float *absent, int n, int channels)
{
    for (int i = 0; i < n; i++) {
        const float x = in[from ? (int)from[i] : i];
        y[i] = isnan(x) ? absent[i % channels] : (float)((x - offset[i % channels]) * factor[i % channels]);
    }
}
"""
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
_STEPS = """
static void steps_there(float *y, const float *in, int steps, int channels)
{
    for (int t = 0; t < steps; t++) {
        y[t] = -1.0f;
        for (int c = 0; c < channels; c++)
            if (!isnan(in[t * channels + c]))
                y[t] = 0.0f;
    }
}
"""


@dataclass(frozen=True)
class Inputs(ABC):
    """The numbers of a sample."""

    trained: Trained

    @property
    @abstractmethod
    def size(self) -> int:
        """How many there are."""

    @abstractmethod
    def described(self) -> Iterator[str]:
        """What each means, in lines."""

    @abstractmethod
    def add(self, source: Source) -> dict[str, Place]:
        """Add the calls that prepare a sample; returns the places of what the network takes."""

    @abstractmethod
    def example(self, generator: np.random.Generator) -> tuple[np.ndarray, Samples]:
        """Samples (n, size) to try the file with, and the same as the network gets them."""


class PreparedInputs(Inputs):
    """Samples as dltool prepares them: features, then codes."""

    @property
    def size(self) -> int:
        signature = self.trained.signature
        return prod(self._shape) + sum(each.length for each in signature.codes)

    def described(self) -> Iterator[str]:
        features, signature = prod(self._shape), self.trained.signature
        if features:
            kind = "codes" if signature.feature_dtype == "int32" else "numbers as dltool prepares them"
            yield f"{_range(0, features)}: {kind}, {' x '.join(map(str, self._shape))}, the last axis fastest"
        for each in signature.codes:
            yield f"{_range(features + each.start, each.length)}: codes of {each.name}, -1 behind the last one"

    def add(self, source: Source) -> dict[str, Place]:
        return {"features": "in", "tokens": "in", "codes": f"in + {prod(self._shape)}"}

    def example(self, generator: np.random.Generator) -> tuple[np.ndarray, Samples]:
        samples = random_samples(self.trained, generator)
        features = samples.features.reshape(len(samples), -1)[:, : prod(self._shape)]
        return np.concatenate([features, samples.codes], axis=1).astype(np.float32), samples

    @property
    def _shape(self) -> tuple[int, ...]:
        signature = self.trained.signature
        if signature.task == "tokens":  # of a block, the last token is read by nobody
            return (signature.feature_shape[0] - 1,)
        return signature.feature_shape


class ArrayInputs(PreparedInputs):
    """Arrays, which are scaled; NaN where a series has ended."""

    @property
    def size(self) -> int:
        return prod(self._shape)

    def described(self) -> Iterator[str]:
        nothing = ", NAN behind the last step" if self._preparation.codes else ""
        axes = " x ".join(map(str, self._shape))
        yield f"{_range(0, self.size)}: numbers as in the files{nothing}, {axes}, the last axis fastest"

    def add(self, source: Source) -> dict[str, Place]:
        preparation, made = self._preparation, dict[str, Place]()
        if preparation.codes:
            steps = self._shape[0]
            made["codes"] = source.made(_STEPS, "steps_there", steps, "in", steps, self.size // steps)
        scale = preparation.scale if isinstance(preparation.scale, Scale) else Scale(np.zeros(()), np.ones(()))
        offset, factor = map(np.array, np.broadcast_arrays(np.atleast_1d(scale.offset), np.atleast_1d(scale.factor)))
        absent = np.zeros(factor.size, np.float32)
        numbers = None, offset, factor, absent, self.size, factor.size
        return {**made, "features": source.made(_PREPARED, "prepared", self.size, "in", *numbers)}

    def example(self, generator: np.random.Generator) -> tuple[np.ndarray, Samples]:
        preparation = self._preparation
        raw = generator.normal(size=(self.trained.tried, *self._shape))
        raw = preparation.scale.undone(raw) if isinstance(preparation.scale, Scale) else raw
        if preparation.codes:
            raw[1::2, -1] = np.nan  # the last step of every second sample
        raw = raw.astype(np.float32)
        windows = np.zeros(len(raw), np.int64) if self.trained.signature.forecast else None
        prepared = preparation.apply(raw, str, windows)
        samples = random_samples(self.trained, generator)
        return raw.reshape(len(raw), -1), Samples(prepared.features, samples.targets, prepared.codes)

    @property
    def _preparation(self) -> ArrayPreparation:
        preparation = self.trained.preprocessing.features
        assert isinstance(preparation, ArrayPreparation)
        return preparation


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
                yield f"{_range(place, encoder.field.length)}: {encoder.column}, {codes}"
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
        y = source.made(_PREPARED, "prepared", len(origin), "in", *arrays, len(origin), len(origin))
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


def inputs_of(trained: Trained, *, preprocessing: bool) -> Inputs:
    """What `predict` gets, with or without preprocessing."""
    preparation = None if not preprocessing else trained.preprocessing.features
    if isinstance(preparation, TablePreparation):
        return TableInputs(trained)
    if isinstance(preparation, ArrayPreparation) and preparation.feature_dtype == "float32":
        alike = preparation.scale is None or isinstance(preparation.scale, Scale)
        return ArrayInputs(trained) if alike else PreparedInputs(trained)
    return PreparedInputs(trained)


def _cells(encoder: NumericEncoder | BooleanEncoder, generator: np.random.Generator, rows: int) -> np.ndarray:
    """Cells that float32 holds, the first one missing where that is allowed."""
    if isinstance(encoder, BooleanEncoder):
        return np.ma.array(generator.random(rows) < 0.5, mask=np.arange(rows) == 0)
    cells = encoder.offset + generator.normal(size=rows) / encoder.factor
    if encoder.knots:
        cells = generator.choice(np.array(encoder.knots), rows)
    values = cells.astype(np.float32).astype(np.float64)
    return np.ma.array(values, mask=(np.arange(rows) == 0) & (encoder.fill is not None))


def _range(start: int, count: int) -> str:
    return str(start) if count == 1 else f"{start} to {start + count - 1}"
