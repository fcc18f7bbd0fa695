"""What is asked of a source, and what it holds apart from the features themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from dltool.data.column_types.column_type import ColumnType, Kind

Bad = Literal["refuse", "missing", "skip"]
Task = Literal["auto", "classes", "numbers", "multilabel"]


@dataclass(frozen=True)
class Request:
    """What is wanted of a source, beside all of its features."""

    features: tuple[str, ...] = ()  # the columns to take, in this order, where a training has settled them
    targets: bool = True  # False where there is only something to predict
    extras: tuple[str, ...] = ()  # further columns: of groups, times or weights; no features, unless also
    declared: Mapping[str, str] = field(default_factory=dict)  # features by name or pattern: the types in SQL they read
    types: Mapping[str, ColumnType] = field(default_factory=dict)  # of columns, where a training has settled them
    bad: Bad = "refuse"  # what becomes of cells that cannot be read
    keep: tuple[str, ...] = ()  # columns to write beside predictions
    keep_all: bool = False  # all columns
    memory: int | None = None  # bytes that reading may take, about; without it as much as is of use
    shape: tuple[int, ...] = ()  # of a sample that is an array, where a training has settled it
    dtype: str = ""  # of its prepared numbers, likewise
    classes: tuple[str, ...] = ()  # likewise
    tolerant: bool = False  # samples that cannot be read are told by the reader's `failed`, and read as zeros
    settled: Mapping[str, Any] = field(default_factory=dict)  # what the outline of the training part had settled


@dataclass(frozen=True)
class Succession:
    """How samples follow each other in time."""

    reach: int  # how many of the next have targets that are also a sample's own
    sizes: tuple[int, ...] = ()  # samples of each series, one after the other; where there are none there is one series


@dataclass(frozen=True)
class Outline:
    """What a source holds apart from the features themselves: enough to divide the rows and to find the classes."""

    where: str  # the file, for messages
    place: Callable[[int], str]  # of a row (from 0), for messages: "data.csv:18"
    rows: int
    task: Task
    targets: Mapping[str, np.ndarray]  # as found, by name: (rows,) booleans, integers, finite floats, or text
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)  # those of the request, likewise
    columns: Mapping[str, Kind] = field(default_factory=dict)  # of the features of a table, in order; arrays have none
    label_separator: str = ""  # between the labels in the cells of the only target, where these are lists
    rename_labels: Mapping[str, str] = field(default_factory=dict)  # labels as found, and what they are called
    succession: Succession | None = None  # where samples follow each other in time
    notes: tuple[str, ...] = ()  # what the user should know
    feature_shape: tuple[int, ...] = ()  # of arrays
    feature_dtype: Literal["float32", "uint8"] = "float32"  # of arrays, once prepared
    deep: bool = False  # arrays are images of more than 8 bits, and only those to train on tell their range
    settled: Mapping[str, Any] = field(default_factory=dict)  # JSON that other files of the kind must be read by
