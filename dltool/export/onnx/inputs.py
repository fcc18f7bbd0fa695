"""The inputs of an ONNX model: prepared samples, or with preprocessing the cells of columns, pixels, and series."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from onnx import TensorProto

from dltool.data.preprocessing.features import ArrayPreparation, TablePreparation
from dltool.data.samples.samples import Samples
from dltool.data.scaling.scaling import Scale
from dltool.data.scaling.series_scale import SeriesScale
from dltool.export.expected import OUTPUTS
from dltool.export.network import TrainedNetwork
from dltool.export.onnx.columns.column import Column
from dltool.export.onnx.columns.kinds import column_of
from dltool.export.onnx.model import Model
from dltool.export.opening import Trained
from dltool.export.samples import no_targets, random_samples

#: name of the input that says which time series a window is of
SERIES = "series_name"
#: names of columns that a note lists
LISTED = 5


@dataclass(frozen=True)
class Example:
    """Samples as a model gets them, and as the network does."""

    given: Mapping[str, np.ndarray]
    samples: Samples


@dataclass(frozen=True)
class Inputs(ABC):
    """How a model gets its samples."""

    trained: Trained
    network: TrainedNetwork
    meanings: dict[str, str] = field(default_factory=dict)  # of the inputs, by name, for a person

    @abstractmethod
    def add(self, model: Model) -> dict[str, str]:
        """Add inputs and the nodes that prepare them; returns the inputs of the network by name."""

    @abstractmethod
    def example(self, generator: np.random.Generator) -> Example:
        """Samples to try the model with."""

    @property
    def differences(self) -> list[str]:
        """What of the preprocessing the model does otherwise, or not at all."""
        return []


class PreparedInputs(Inputs):
    """Samples that are prepared already."""

    def add(self, model: Model) -> dict[str, str]:
        for name, value in self.network.inputs.items():
            model.input(name, value.spec.dtype, ("N", *value.shape))
            self.meanings[name] = "as dltool prepares them" if name != "tokens" else "codes of the vocabulary"
        return {name: name for name in self.network.inputs}

    def example(self, generator: np.random.Generator) -> Example:
        trained = self.trained
        series, names = random_series(trained, None, generator)
        targets = no_targets(trained.signature, trained.tried, series)
        samples = replace(random_samples(trained, generator), targets=targets)
        shaped = {**self.network.network.inputs(samples), "tokens": samples.features[:, :-1]}
        return Example({**{name: shaped[name] for name in self.network.inputs}, **names}, samples)


class TableInputs(Inputs):
    """One input for each column of a table."""

    def add(self, model: Model) -> dict[str, str]:
        numbers, codes = [], []
        for name, column in self._columns.items():  # all before any node, whose name could be that of a column
            model.input(name, column.dtype, column.shape)
            self.meanings[name] = column.meaning
        for name, column in self._columns.items():
            model.scope = f"{name}/"
            made = column.encoded(model, name)
            numbers += [made.numbers] if made.numbers else []
            codes += [made.codes] if made.codes else []
        model.scope = ""
        joined = {"features": numbers, "codes": codes}
        return {name: model.node("Concat", *joined[name], axis=1) for name in self.network.inputs}

    def example(self, generator: np.random.Generator) -> Example:
        cells = {name: column.examples(generator, self.trained.tried) for name, column in self._columns.items()}
        prepared = self.trained.preprocessing.features.apply(
            {column.encoder.column: cells[name] for name, column in self._columns.items()}, str
        )
        given = {name: column.given(cells[name]) for name, column in self._columns.items()}
        return Example(
            given, Samples(prepared.features, no_targets(self.trained.signature, self.trained.tried), prepared.codes)
        )

    @property
    def differences(self) -> list[str]:
        columns: dict[str, list[str]] = {}
        for encoder in self._encoders:
            for text in self._column(encoder)[1]:
                columns.setdefault(text, []).append(encoder.column)
        renamed = [
            f"{column.encoder.column}: the input is called {name}, since an output has this name"
            for name, column in self._columns.items()
            if name != column.encoder.column
        ]
        return [*renamed, *(f"{listed(names)}: {text}" for text, names in columns.items())]

    @cached_property
    def _columns(self) -> dict[str, Column[Any]]:
        """By the names of their inputs."""
        names = [encoder.column for encoder in self._encoders]
        return {_input_name(encoder.column, names): self._column(encoder)[0] for encoder in self._encoders}

    @property
    def _encoders(self) -> tuple[Any, ...]:
        preparation = self.trained.preprocessing.features
        assert isinstance(preparation, TablePreparation)
        return preparation.encoders

    def _column(self, encoder: Any) -> tuple[Column[Any], list[str]]:
        kind = self.trained.preprocessing.types.get(encoder.column)
        words = () if kind is None else kind.usual_missing if kind.missing is None else kind.missing
        return column_of(encoder, words)


class ArrayInputs(Inputs):
    """Arrays: bytes as they are, numbers to be scaled; windows of several series with the names of these."""

    def add(self, model: Model) -> dict[str, str]:
        preparation, name = self._preparation, self._name
        numbers = model.input(name, self._dtype, ("N", *preparation.feature_shape))
        self.meanings[name] = "as in the files"
        if preparation.feature_dtype != "float32":
            return {"features": self._fitting(model, numbers)}
        hidden = model.node("IsNaN", numbers) if self._hides else None
        numbers = model.node("Cast", self._scaled(model, numbers), to=TensorProto.FLOAT)
        made = {"features": numbers}
        if hidden:
            made["features"] = model.node("Where", hidden, np.array(0, np.float32), numbers)
            self.meanings[name] += ", NaN where there is nothing"
        if hidden and preparation.codes:
            there = model.node("Cast", hidden, to=TensorProto.INT32)
            axes = np.arange(2, 1 + len(preparation.feature_shape))
            absent = model.node("ReduceMin", there, axes, keepdims=0) if axes.size else there
            made["codes"] = model.node("Neg", absent)
        return {**made, "features": self._fitting(model, made["features"])}

    def example(self, generator: np.random.Generator) -> Example:
        preparation = self._preparation
        if preparation.feature_dtype != "float32":
            samples = random_samples(self.trained, generator)
            return Example({self._name: samples.features}, samples)
        raw, scale = generator.normal(size=(self.trained.tried, *preparation.feature_shape)), preparation.scale
        series, names = random_series(self.trained, scale, generator)
        if scale:
            raw = scale.undone(raw, series)
        if self._hides:
            raw[1::2, -1] = np.nan  # the last step of every second sample
        raw = raw.astype(self._dtype)
        prepared = preparation.apply(raw, str, series)
        targets = no_targets(self.trained.signature, self.trained.tried, series)
        return Example({self._name: raw, **names}, Samples(prepared.features, targets, prepared.codes))

    @property
    def _preparation(self) -> ArrayPreparation:
        preparation = self.trained.preprocessing.features
        assert isinstance(preparation, ArrayPreparation)
        return preparation

    @property
    def _hides(self) -> bool:
        return self.trained.signature.forecast is not None or bool(self._preparation.codes)

    @property
    def _dtype(self) -> str:
        """float64 where numbers are scaled, as dltool does it: float32 would lose small variations of large ones."""
        preparation = self._preparation
        return "float64" if preparation.scale and preparation.feature_dtype == "float32" else preparation.feature_dtype

    @property
    def _name(self) -> str:
        if self.trained.signature.forecast:
            return "window"
        if self._preparation.codes:
            return "series"
        is_image = self._preparation.feature_dtype == "uint8" and len(self._preparation.feature_shape) > 1
        return "image" if is_image else "features"

    def _scaled(self, model: Model, numbers: str) -> str:
        scale = self._preparation.scale
        if scale is None:
            return numbers
        if not isinstance(scale, SeriesScale):
            return model.node("Mul", model.node("Sub", numbers, scale.offset), scale.factor)
        self.meanings[SERIES] = "name of the series of each window"
        offset, factor = (of_series(model, each, scale) for each in (scale.offset, scale.factor))
        between = [1] * (len(self._preparation.feature_shape) - 1)
        shape = 0, *between, scale.offset.shape[1]
        shifted = model.node("Sub", numbers, model.reshaped(offset, *shape))
        return model.node("Mul", shifted, model.reshaped(factor, *shape))

    def _fitting(self, model: Model, numbers: str) -> str:
        """Numbers in the shape in which the network takes them."""
        shape = self.network.inputs["features"].shape
        return numbers if shape == self._preparation.feature_shape else model.reshaped(numbers, 0, *shape)


def _input_name(column: str, columns: Sequence[str]) -> str:
    """The name of a column, or another one where an output has it."""
    name = column
    while name in OUTPUTS or (name != column and name in columns):
        name += "_column"
    return name


def listed(names: Sequence[str]) -> str:
    """Names, of many the first ones."""
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more columns" if len(names) > LISTED else "")


def of_series(model: Model, numbers: np.ndarray, scale: SeriesScale) -> str:
    """The rows (N, C) of numbers (S, C) that belong to the series of each sample; NaN for an unknown one."""
    if SERIES not in [each.name for each in model.inputs]:
        model.input(SERIES, "string", ("N",))
    known = np.concatenate([numbers, np.full_like(numbers[:1], np.nan)])
    row = model.node(
        "LabelEncoder",
        SERIES,
        domain="ai.onnx.ml",
        keys_strings=[*scale.names],
        values_int64s=[*range(len(scale.names))],
        default_int64=len(scale.names),
    )
    return model.node("Gather", known, row)


def random_series(
    trained: Trained, features: Scale | SeriesScale | None, generator: np.random.Generator
) -> tuple[np.ndarray | None, Mapping[str, np.ndarray]]:
    """Numbers of time series that samples can be of, where they are windows, and the input of their names."""
    for scale in (features, trained.signature.target_scale):
        if isinstance(scale, SeriesScale):
            series = generator.choice(np.flatnonzero(np.isfinite(scale.factor).all(axis=1)), trained.tried)
            return series, {SERIES: np.array(scale.names, object)[series]}
    return np.zeros(trained.tried, np.int64) if trained.signature.forecast else None, {}


def inputs_of(trained: Trained, network: TrainedNetwork, *, preprocessing: bool) -> Inputs:
    """The inputs of a model, with or without preprocessing."""
    if not preprocessing or "tokens" in network.inputs:
        return PreparedInputs(trained, network)
    is_table = isinstance(trained.preprocessing.features, TablePreparation)
    return (TableInputs if is_table else ArrayInputs)(trained, network)
