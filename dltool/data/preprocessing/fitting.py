"""Fitting the preparation of features to the training part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dltool.config.data import DataConfig
from dltool.data.features.category import FEW, usual_width
from dltool.data.features.infer import choose_features
from dltool.data.features.missing import missing
from dltool.data.preprocessing.features import ArrayPreparation, Preparation, TablePreparation, step_mask
from dltool.data.readers.history import History
from dltool.data.readers.outline import Outline
from dltool.data.readers.reader import Raw, Reader, array_of, cells_of
from dltool.data.samples.signature import CodeField
from dltool.data.scaling.moments import Moments
from dltool.data.scaling.scaling import NoScaling, Scale, Scaling, rounded_away, suitable
from dltool.data.scaling.series_scale import SeriesScale, fit_columns, fit_each
from dltool.data.splitting.split import Index, overlap
from dltool.errors import InputError, Problem


def fit(data: DataConfig, reader: Reader, train: Index) -> tuple[Preparation, list[str]]:
    """The preparation fitted to the training rows `train` of a source, with notes on defaults."""
    if reader.outline.columns:
        return _fit_table(data, reader, train)
    preparation, notes = _fit_array(data, reader, train)
    if reader.outline.shown_series:
        preparation = replace(preparation, codes=(_series_field(reader.outline, train),))
    return preparation, notes


def _fit_array(data: DataConfig, reader: Reader, train: Index) -> tuple[ArrayPreparation, list[str]]:
    outline, notes = reader.outline, []
    if data.features:
        raise InputError(Problem("this data has no columns with names; leave it out", path="data.features"))
    if outline.feature_dtype == "int32":
        if data.scaling and data.scaling.yaml_name != "none":
            raise InputError(Problem("tokens cannot be scaled; leave it out", path="data.scaling"))
        return ArrayPreparation(outline.feature_shape, "int32", None), notes
    scaling = data.scaling
    if scaling is None:
        scaling, notes = suitable(outline.feature_dtype, deep=outline.deep)
    if scaling.fitted and outline.history:
        scale = _fit_history(scaling, outline.history, train)
        return ArrayPreparation(outline.feature_shape, outline.feature_dtype, scale), notes
    if scaling.by_series:
        message = "per_series needs windows of time series; for one scale for all samples: standard"
        raise InputError(Problem(message, path="data.scaling"))
    if outline.padded:
        rows = np.concatenate(
            [array_of(raw).reshape(-1, outline.feature_shape[-1]) for raw in _of_rows(reader, {}, train)]
        )
        scale = fit_columns(scaling, rows) if not isinstance(scaling, NoScaling) else None
        shape = outline.feature_shape
        longest = f"series are padded behind to {shape[0]} values; layers that combine steps leave the padding out"
        return ArrayPreparation(shape, outline.feature_dtype, scale, step_mask(shape)), [*notes, longest]
    has_channels = len(outline.feature_shape) == 3
    moments = Moments(columns=has_channels or data.source.mixed_units)
    if scaling.fitted:
        for features in _of_rows(reader, {}, train):
            moments.update(array_of(features))
    if outline.deep and scaling.fitted:
        low, high = moments.low.min(), moments.high.max()
        notes = [*notes, f"pixels of the training part lie between {low:.6g} and {high:.6g}"]
    scale = scaling.scale(moments)
    if not scaling.fitted and outline.feature_dtype == "float32":
        notes += _rounded(reader, train, scale)
    return ArrayPreparation(outline.feature_shape, outline.feature_dtype, scale), notes


def _fit_history(scaling: Scaling, history: History, train: Index) -> Scale | SeriesScale:
    """The scale of the columns of windows, fitted to each row of the training windows once."""
    values = np.where(history.plain, np.nan, history.features)
    if scaling.by_series:
        scale = fit_each(scaling, values, list(history.series_of(train)), history.names)
        missing = np.isnan(scale.factor[:, ~history.plain]).any(axis=1, keepdims=True)  # no rows to train on
        return replace(
            scale,
            offset=np.where(history.plain & ~missing, 0.0, scale.offset),
            factor=np.where(history.plain & ~missing, 1.0, scale.factor),
        )
    scale = fit_columns(scaling, values[history.rows(train)])
    return Scale(np.where(history.plain, 0.0, scale.offset), np.where(history.plain, 1.0, scale.factor))


def _series_field(outline: Outline, train: Index) -> CodeField:
    """The series of a window as a category, whose code is its number + 1; code 0 stands for the mean of all."""
    assert outline.history is not None
    assert outline.series is not None
    names = outline.history.names
    counts = np.bincount(outline.series[train], minlength=len(names))
    width = None if len(names) <= FEW else usual_width(len(names))
    shares = (0.0, *(counts / counts.sum()).tolist())
    return CodeField(outline.shown_series, 0, 1, 1 + len(names), width, shares)


def _rounded(reader: Reader, train: Index, scale: Scale | None) -> list[str]:
    """A note on features whose differences float32 rounds away, as the first chunk shows them."""
    features = array_of(next(_of_rows(reader, {}, train)))
    if features.dtype != np.float64 or not len(features):
        return []
    moments = Moments(columns=True)
    moments.update(features)
    rounded = np.flatnonzero(rounded_away(moments, scale))
    if not rounded.size:
        return []
    first, others = rounded[0], f", and {rounded.size - 1} more like it" if rounded.size > 1 else ""
    what = f"feature {first} on the last axis is {moments.mean[first]:.10g} ± {moments.deviation[first]:.3g}{others}"
    return [f"{what}: float32 cannot represent such differences; subtract the mean: data.scaling: standard"]


def _fit_table(data: DataConfig, reader: Reader, train: Index) -> tuple[Preparation, list[str]]:
    features, notes = choose_features(data, reader)
    fittings = {column: feature.start(column) for column, feature in features.items()}
    types = {column: feature.encoder.reads for column, feature in features.items()}
    empty = {*fittings}
    for raw in _of_rows(reader, types, train):
        for column, fitting in fittings.items():
            cells = cells_of(raw)[column]
            fitting.update(cells)
            if column in empty and not missing(cells).all():
                empty.remove(column)
    if empty:  # nothing can be learned for what other parts have there
        columns = ", ".join(column for column in fittings if column in empty)
        notes = [*notes, f"left out, since they are empty in all rows to train on: {columns}"]
    if len(empty) == len(fittings):
        raise InputError(Problem("all columns are empty in the rows to train on", reader.outline.where, reader.path))
    encoders = {column: one.result() for column, one in fittings.items() if column not in empty}
    notes = [*notes, *(note for column, encoder in encoders.items() for note in fittings[column].notes(encoder))]
    return TablePreparation(tuple(encoders.values())), notes


def _of_rows(reader: Reader, types: dict[str, str], rows: Index) -> Iterator[Raw]:
    """Chunks of the features, of these rows only."""
    low = 0
    for raw in reader.read(types):
        count = len(raw) if isinstance(raw, np.ndarray) else len(next(iter(raw.values())))
        _, inside = overlap(rows, low, low + count)
        if isinstance(raw, np.ndarray):
            yield raw[inside]
        else:
            yield {column: cells[inside] for column, cells in raw.items()}
        low += count
