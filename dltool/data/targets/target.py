"""The target: one class of several, any of several labels, or numbers; and its arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dltool.config.experiment import Task
from dltool.config.renamed import VALUES
from dltool.data.arrays.values import EXACT
from dltool.data.files.quoting import shown
from dltool.data.readers.forecast import Forecast
from dltool.data.readers.history import History
from dltool.data.readers.outline import INPUTS, Outline
from dltool.data.scaling.moments import Moments
from dltool.data.scaling.scaling import NoScaling, Scale, Scaling, rounded_away
from dltool.data.scaling.series_scale import SeriesScale, fit_columns, fit_each, stored_scale
from dltool.data.targets.class_names import (
    class_names,
    distinct,
    encode_classes,
    encode_label_lists,
    encode_labels,
    encode_one_hot,
    is_one_hot,
    labels_of_lists,
    one_hot_names,
    rows_of_classes,
    two_valued,
)
from dltool.errors import InputError, Problem

#: integers with more different values than this are numbers, unless the config says otherwise
MOST_CLASSES = 100
#: with more classes than this, taking integers as classes is noted
MANY_CLASSES = 20


@dataclass(frozen=True)
class Target:
    """The target, as determined by the training part."""

    task: Task
    names: tuple[str, ...]  # of the one target that has classes, of all labels, or of all numbers
    classes: tuple[str, ...] | None = None  # in the order of their numbers; of tokens, what each code stands for
    scale: Scale | SeriesScale | None = None  # numbers are trained as (t − offset) · factor
    counts: tuple[int, ...] | None = None  # rows to train on of each class, or with each label
    rows: int = 0  # to train on
    forecast: Forecast | None = None  # of windows of time series

    def fitted(self, encoded: np.ndarray, scaling: Scaling | None) -> Target:
        """The target for these rows to train on, as `encode` gives them."""
        if self.task == "inputs":
            return replace(self, rows=len(encoded))
        if self.task == "numbers":
            moments = Moments()
            moments.update(encoded)
            scale = scaling.scale(moments) if scaling else None
            self._require_told_apart(moments, scale)
            return replace(self, scale=scale, rows=len(encoded))
        if self.task == "tokens":
            return replace(self, rows=len(encoded))
        if self.task == "classes":
            counts = rows_of_classes(encoded, len(self.classes or ()))
        else:
            counts = np.count_nonzero(encoded, axis=0)
        return replace(self, counts=tuple(counts.tolist()), rows=len(encoded))

    def fitted_to_history(self, history: History, windows: slice | np.ndarray, scaling: Scaling | None) -> Target:
        """The target for these windows to train on; all steps of a column are scaled alike."""
        forecast = Forecast.of(history, windows)
        count = len(history.starts[windows])
        if scaling is None or isinstance(scaling, NoScaling):
            return replace(self, rows=count, forecast=forecast)
        if scaling.by_series:
            each = fit_each(scaling, history.targets, list(history.series_of(windows)), history.names)
            return replace(self, scale=each.repeated(history.steps), rows=count, forecast=forecast)
        rows = history.rows(windows)
        scale = fit_columns(scaling, history.targets[rows])
        moments = Moments(columns=True)
        moments.update(history.targets[rows & np.isfinite(history.targets).all(axis=1)])
        replace(self, names=history.columns)._require_told_apart(moments, scale)
        scale = Scale(np.tile(scale.offset, history.steps), np.tile(scale.factor, history.steps))
        return replace(self, scale=scale, rows=count, forecast=forecast)

    def _require_told_apart(self, moments: Moments, scale: Scale | None) -> None:
        """Raises InputError for numbers that float32 would round to a few."""
        rounded = np.flatnonzero(np.atleast_1d(rounded_away(moments, scale)))
        if rounded.size:
            first = rounded[0]
            message = (
                f"target '{self.names[first]}' is {moments.mean[first]:.10g} ± {moments.deviation[first]:.3g}, and a"
                " network is trained in float32, which cannot represent such differences; subtract the mean:"
                " target_scaling: standard"
            )
            raise InputError(Problem(message, path="data.target_scaling"))

    def trained(
        self, encoded: np.ndarray, series: np.ndarray | None = None, place: Callable[[int], str] = str
    ) -> np.ndarray:
        """What a loss takes: classes (rows,) as small integers, or labels, scaled numbers, counts (rows, k) float32.

        Of several series, whose numbers (rows,) are given, behind them these numbers. Raises InputError with the place
        of a row whose series has no scale.
        """
        if isinstance(self.scale, SeriesScale):
            assert series is not None
            if (unknown := self.scale.unknown(series)).size:
                raise self.scale.refusal(place(int(unknown[0])))
            trained = self.scale.applied(encoded, series)
        elif self.scale:
            trained = self.scale.applied(encoded)
        else:
            trained = encoded.astype(np.float32) if self.task == "numbers" else encoded
        if self.forecast and self.forecast.many:
            assert series is not None
            return np.column_stack([trained, series.astype(np.float32)])
        return trained

    def unknown(self, rows: int, series: np.ndarray | None) -> np.ndarray:
        """Zeros in place of targets, for prediction."""
        if self.task == "classes":
            return np.zeros(rows, np.int64)
        zeros = np.zeros((rows, len(self.names)), np.float32)
        if self.forecast and self.forecast.many:
            assert series is not None
            return np.column_stack([zeros, series.astype(np.float32)])
        return zeros

    def as_json(self) -> dict[str, Any]:
        """Plain data that JSON keeps exactly."""
        return {
            "task": self.task,
            "names": list(self.names),
            "classes": list(self.classes) if self.classes else None,
            "scale": self.scale.as_json() if self.scale else None,
            "counts": list(self.counts) if self.counts else None,
            "rows": self.rows,
            **({"forecast": self.forecast.as_json()} if self.forecast else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Target:
        """The object from the result of `as_json`."""
        return cls(
            task=VALUES.get(data["task"], data["task"]),  # as older versions called it
            names=tuple(data["names"]),
            classes=tuple(data["classes"]) if data["classes"] else None,
            scale=stored_scale(data["scale"]) if data["scale"] else None,
            counts=tuple(data["counts"]) if data["counts"] else None,
            rows=data["rows"],
            forecast=Forecast.from_json(data["forecast"]) if data.get("forecast") else None,
        )


def usable_rows(outline: Outline) -> np.ndarray | None:
    """Row numbers (n,) that have a target, where some have none; None where all do."""
    if outline.label_separator:
        return None  # an empty list is a list
    missing = np.zeros(outline.rows, dtype=bool)
    for values in outline.targets.values():
        missing |= np.ma.getmaskarray(values)
    return np.flatnonzero(~missing) if missing.any() else None


def understand(outline: Outline) -> tuple[Target, list[str]]:
    """The target of a source, with notes on the inferred task.

    Unless the task is given: one target of text, booleans or integers with at most MOST_CLASSES different values has
    classes, sorted; several targets that are all 0 or 1 are labels; all others are numbers. Raises InputError for a
    single class.
    """
    names = tuple(outline.targets)
    if outline.task == INPUTS:
        return Target("inputs", ()), []
    if outline.task == "tokens":
        return Target("tokens", names, outline.tokens), []
    values = {name: np.ma.compressed(column) for name, column in outline.targets.items()}
    if outline.label_separator:
        return Target("multilabel", tuple(labels_of_lists(outline))), []
    if outline.task == "multilabel":
        return Target("multilabel", names), []
    if outline.task == "auto" and len(names) > 1 and all(two_valued(column) for column in values.values()):
        one_hot = "; each row has just one, task: classes for classes" if is_one_hot(outline) else ""
        note = f"all {len(names)} targets are 0 or 1: taken as labels (task: numbers for numbers{one_hot})"
        return Target("multilabel", names), [note]
    if outline.task == "classes" and len(names) > 1 and is_one_hot(outline):
        return Target("classes", names, one_hot_names(outline)), []
    (name, column), *_ = values.items()
    if outline.task == "numbers" or (outline.task == "auto" and (len(names) > 1 or column.dtype.kind == "f")):
        doubtful = outline.task == "auto" and len(values) == 1
        return Target("numbers", names), _few_whole(name, column) if doubtful else []
    if len(names) > 1:
        message = f"classes can be predicted for one target, not for {len(names)}; if each is 0 or 1: task: multilabel"
        raise InputError(Problem(message, outline.where))
    integers = len(distinct(column)[0]) if outline.task == "auto" and column.dtype.kind in "iu" else 0
    if integers > MOST_CLASSES:
        note = f"target '{name}' has {integers} different integers: taken as numbers (task: classes for classes)"
        return Target("numbers", names), [note]
    classes = tuple(class_names(outline))
    if len(classes) == 1:
        message = f"all rows have the class {shown(classes[0])}; there is nothing to predict"
        raise InputError(Problem(message, outline.where))
    notes = []
    if integers > MANY_CLASSES:
        notes = [f"target '{name}' has {integers} different integers: taken as classes (task: numbers for numbers)"]
    return Target("classes", names, classes), notes


def encode(outline: Outline, target: Target) -> np.ndarray:
    """Classes (rows,) as small integers, labels (rows, k) float32 0 or 1, or numbers (rows, k) float64 in their units.

    Of blocks of tokens: how many there are to predict, and the characters that these stand for, (rows, 2) float32.

    Rows without a target get 0. Raises InputError for classes and labels that are not in the training part.
    """
    if target.task == "inputs":
        return np.empty((outline.rows, 0), np.float32)
    if target.task == "multilabel" and outline.label_separator:
        return encode_label_lists(outline, target.names)
    if len(outline.targets) != len(target.names):
        message = f"{len(outline.targets)} targets, the training part has {len(target.names)}"
        raise InputError(Problem(message, outline.where))
    if target.task == "tokens":
        return np.stack(list(outline.targets.values()), axis=1)
    if target.classes and len(target.names) > 1:
        return encode_one_hot(outline)
    if target.classes:
        return encode_classes(outline, target.classes)
    if target.task == "multilabel":
        return encode_labels(outline)
    return np.stack([_numbers(name, values, outline) for name, values in outline.targets.items()], axis=1)


def _few_whole(name: str, values: np.ndarray) -> list[str]:
    """A note on floats that look like numbers of classes."""
    if not values.size or np.ptp(values) >= MANY_CLASSES or not np.array_equal(values, np.trunc(values)):
        return []
    count = len(np.unique(values))
    return [f"target '{name}' has {count} different whole numbers: taken as numbers (task: classes for classes)"]


def _numbers(name: str, values: np.ndarray, outline: Outline) -> np.ndarray:
    if values.dtype.kind in "OU":
        message = f"target '{name}' holds text such as {shown(np.ma.compressed(values)[0])}, where numbers are needed"
        raise InputError(Problem(message, outline.where))
    filled = np.ma.filled(values, 0)
    if filled.dtype.kind in "iu" and (inexact := np.flatnonzero((filled > EXACT) | (filled < -EXACT))).size:
        message = f"target '{name}' is {filled[inexact[0]]}, and float64 rounds whole numbers beyond 2^53"
        raise InputError(Problem(message, outline.place(int(inexact[0]))))
    return filled.astype(np.float64)
