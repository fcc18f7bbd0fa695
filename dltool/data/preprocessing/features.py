"""The preparation of features, fitted to the training part: from raw samples to the inputs of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from dltool.data.features.feature import CellError, Encoder, stored_encoder
from dltool.data.readers.outline import Outline
from dltool.data.readers.reader import Raw, array_of, cells_of
from dltool.data.samples.signature import CodeField
from dltool.data.scaling.scaling import Scale
from dltool.data.scaling.series_scale import SeriesScale, stored_scale
from dltool.errors import InputError, Problem

#: most columns with unusable cells to list
LISTED = 10


@dataclass(frozen=True)
class Prepared:
    """Features (n, *feature_shape) float32, uint8 or int32, and codes (n, m) int32."""

    features: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True)
class ArrayPreparation:
    """Samples that are arrays: scaled as a whole, bytes as a batch is gathered; codes stay what they are."""

    feature_shape: tuple[int, ...]  # of one prepared sample
    feature_dtype: Literal["float32", "uint8", "int32"]
    scale: Scale | SeriesScale | None
    codes: tuple[CodeField, ...] = ()

    @property
    def numbers(self) -> Mapping[str, tuple[int, int]]:
        """Which numbers of a sample belong to which column: arrays have none."""
        return {}

    @property
    def types(self) -> Mapping[str, str]:
        """The columns to read and their SQL types: none for arrays."""
        return {}

    def apply(self, raw: Raw, place: Callable[[int], str], series: np.ndarray | None = None) -> Prepared:
        """The features of consecutive rows, ready for training; `place` gives the place of the i-th row.

        Windows of the `series` (n,) with these numbers hold NaN where the future is hidden, and padded samples behind
        their last step; it becomes 0. Raises InputError for numbers beyond float32, and for series without a scale.
        """
        features = array_of(raw)
        codes = np.empty((len(features), 0), np.int32)
        if self.feature_dtype == "float32":
            hidden = np.isnan(features) if series is not None or self.codes else None
            if isinstance(self.scale, SeriesScale):
                assert series is not None
                if (unknown := self.scale.unknown(series)).size:
                    raise self.scale.refusal(place(int(unknown[0])))
                features = self.scale.applied(features, series)
            else:
                features = self.scale.applied(features) if self.scale else _float32(features)
            if hidden is not None:
                features = np.where(hidden, np.float32(0), features)
            if hidden is not None and self._padded:  # a mask of the steps
                codes = np.where(hidden.reshape(*hidden.shape[:2], -1).all(axis=2), np.int32(-1), np.int32(0))
            _require_finite(features, place)
        if self.codes and not self._padded:
            assert series is not None
            trained = np.array(self.codes[0].shares) > 0
            codes = np.where(trained[series + 1], series + 1, 0).astype(np.int32)[:, None]
        return Prepared(np.ascontiguousarray(features), codes)

    @property
    def _padded(self) -> bool:
        """Whether codes are a mask of the steps."""
        return bool(self.codes) and self.codes[0].mask

    @property
    def units(self) -> Mapping[str, str]:
        """What `unknown` counts, by column: windows of a series, where a network sees which one."""
        return {} if self._padded else {field.name: "window" for field in self.codes}

    def unknown(self, raw: Raw, prepared: Prepared) -> Mapping[str, int]:
        """How many windows are of an unknown series, by the column of series; none for other arrays."""
        return {name: int((prepared.codes[:, 0] == 0).sum()) for name in self.units}

    def imputed(self, raw: Raw) -> Mapping[str, int]:
        """How many missing cells get a usual value without a mark, by column: none for arrays."""
        return {}

    def require_alike(self, outline: Outline) -> None:
        """Raises InputError unless a source has the features trained on."""
        if (outline.feature_shape, outline.feature_dtype) != (self.feature_shape, self.feature_dtype):
            got = f"{outline.feature_dtype} {list(outline.feature_shape)}"
            message = f"features are {got}, those of the training part {self.feature_dtype} {list(self.feature_shape)}"
            raise InputError(Problem(message, outline.where))

    def as_json(self) -> dict[str, Any]:
        """Plain data that JSON keeps exactly."""
        return {
            "shape": list(self.feature_shape),
            "dtype": self.feature_dtype,
            "scaling": self.scale.as_json() if self.scale else None,
            **(
                {"padded": True}
                if self._padded
                else {"codes": [asdict(one) for one in self.codes]}
                if self.codes
                else {}
            ),
        }


@dataclass(frozen=True)
class TablePreparation:
    """Rows of a table, with an encoder for each column."""

    encoders: tuple[Encoder, ...]

    @property
    def feature_dtype(self) -> Literal["float32", "uint8", "int32"]:
        return "float32"

    @property
    def scale(self) -> Scale | None:
        return None  # each encoder scales for itself

    @cached_property
    def feature_shape(self) -> tuple[int, ...]:
        """Shape of one prepared sample."""
        return (sum(len(encoder.names) for encoder in self.encoders),)

    @cached_property
    def codes(self) -> tuple[CodeField, ...]:
        """The fields of a sample's codes."""
        fields, start = [], 0
        for field in (encoder.field for encoder in self.encoders):
            if field:
                fields.append(replace(field, start=start))
                start += field.length
        return tuple(fields)

    @cached_property
    def _widths(self) -> Sequence[tuple[int, int]]:
        """How many numbers and how many codes each encoder writes."""
        return [(len(one.names), one.field.length if one.field else 0) for one in self.encoders]

    @property
    def numbers(self) -> Mapping[str, tuple[int, int]]:
        """Which numbers of a sample belong to which column: the first, and how many."""
        numbers, start = {}, 0
        for encoder in self.encoders:
            if count := len(encoder.names):
                numbers[encoder.column] = (start, count)
                start += count
        return numbers

    @property
    def types(self) -> Mapping[str, str]:
        """The columns that are read, and their types in SQL."""
        return {encoder.column: encoder.reads for encoder in self.encoders}

    def apply(self, raw: Raw, place: Callable[[int], str], series: np.ndarray | None = None) -> Prepared:
        """The features of consecutive rows, ready for training; `place` gives the place of the i-th row.

        Raises InputError for cells that cannot be taken, and for numbers beyond float32.
        """
        cells = cells_of(raw)
        rows = len(next(iter(cells.values())))
        numbers = np.empty((rows, *self.feature_shape), np.float32)
        codes = np.empty((rows, sum(field.length for field in self.codes)), np.int32)
        number = code = 0
        problems: list[Problem] = []
        for encoder, (width, length) in zip(self.encoders, self._widths, strict=True):
            try:
                encoder.write_numbers(cells[encoder.column], numbers[:, number : number + width])
                encoder.write_codes(cells[encoder.column], codes[:, code : code + length])
            except CellError as error:
                problems.append(Problem(error.message, place(error.row)))
            number, code = number + width, code + length
        if problems:
            raise InputError(*problems[:LISTED])
        _require_finite(numbers, place)
        return Prepared(numbers, codes)

    @property
    def units(self) -> Mapping[str, str]:
        """What `unknown` counts, by column: cells, or words of them."""
        return {encoder.column: encoder.unit for encoder in self.encoders}

    def unknown(self, raw: Raw, prepared: Prepared) -> Mapping[str, int]:
        """How many cells, or words, are not in the training part, by column."""
        cells = cells_of(raw)
        counts, code = {}, 0
        for encoder, (_, length) in zip(self.encoders, self._widths, strict=True):
            counts[encoder.column] = encoder.unknown(cells[encoder.column], prepared.codes[:, code : code + length])
            code += length
        return counts

    def imputed(self, raw: Raw) -> Mapping[str, int]:
        """How many missing cells get a usual value without a mark, by column."""
        cells = cells_of(raw)
        return {encoder.column: encoder.imputed(cells[encoder.column]) for encoder in self.encoders}

    def require_alike(self, outline: Outline) -> None:
        """Raises InputError unless the source is a table; missing columns are reported when it is opened."""
        if not outline.columns:
            raise InputError(Problem("holds arrays, where the training part is a table", outline.where))

    def as_json(self) -> dict[str, Any]:
        """Plain data that JSON keeps exactly."""
        return {"columns": [encoder.as_json() for encoder in self.encoders]}


#: how raw features are prepared
Preparation = ArrayPreparation | TablePreparation


def stored_preparation(data: Mapping[str, Any]) -> Preparation:
    """The preparation of a checkpoint, from what its `as_json` gave."""
    if "columns" in data:
        return TablePreparation(tuple(map(stored_encoder, data["columns"])))
    scaling = data["scaling"]
    scale = stored_scale(scaling) if scaling else None
    shape = tuple(data["shape"])
    codes = tuple(CodeField(**{**field, "shares": tuple(field["shares"])}) for field in data.get("codes", []))
    return ArrayPreparation(shape, data["dtype"], scale, step_mask(shape) if data.get("padded") else codes)


def step_mask(shape: tuple[int, ...]) -> tuple[CodeField, ...]:
    """The field that says which steps of samples (steps, …) are no padding."""
    return (CodeField("steps", 0, shape[0], 1, None, mask=True),)


def _float32(features: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return features.astype(np.float32, copy=False)


def _require_finite(features: np.ndarray, place: Callable[[int], str]) -> None:
    flat = features.reshape(len(features), -1)
    if not np.isfinite(flat.sum(dtype=np.float64)):
        first = int(np.flatnonzero(~np.isfinite(flat).all(axis=1))[0])
        raise InputError(Problem("features hold numbers that are too large for float32", place(first)))
