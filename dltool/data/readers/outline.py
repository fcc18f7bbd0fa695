"""Requests to a source, and outlines of what it holds besides the features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from dltool.data.column_types.column_type import ColumnType, Kind
from dltool.data.readers.history import History

Bad = Literal["refuse", "missing", "skip"]
#: the target that is the input itself, for networks that compress and reconstruct it (autoencoders)
INPUTS = "inputs"

Task = Literal["auto", "classes", "numbers", "multilabel"]


@dataclass(frozen=True)
class Request:
    """What to read from a source, in addition to its features."""

    features: tuple[str, ...] = ()  # the columns to read, in this order, if a training has fixed them
    targets: bool = True  # False for prediction
    extras: tuple[str, ...] = ()  # other columns: of groups, times or weights
    named_by: Mapping[str, str] = field(default_factory=dict)  # the field of the source that names such a column
    declared: Mapping[str, str] = field(default_factory=dict)  # features by name or pattern: the types in SQL they read
    types: Mapping[str, ColumnType] = field(default_factory=dict)  # of columns, where a training has fixed them
    bad: Bad = "refuse"  # how to treat unreadable cells
    keep: tuple[str, ...] = ()  # columns to write beside predictions
    keep_all: bool = False  # all columns
    memory: int | None = None  # approximate limit in bytes for reading
    shape: tuple[int, ...] = ()  # of a sample that is an array, where a training has fixed it
    dtype: str = ""  # of its prepared numbers, likewise
    classes: tuple[str, ...] = ()  # likewise
    tolerant: bool = False  # unreadable samples are listed in the reader's `failed` and read as zeros
    fitted: Mapping[str, Any] = field(default_factory=dict)  # `fitted` of the training part's outline
    shares: Mapping[str, float] = field(default_factory=dict)  # of parts at the end, for sources that divide themselves


@dataclass(frozen=True)
class TimeOrder:
    """The order of samples in time."""

    shared: int  # how many of the next samples share targets with a sample
    sizes: tuple[int, ...] = ()  # number of samples of each series in order; empty for a single series
    first: np.ndarray | None = None  # (n,) time of the first target of each sample, where a column has times
    last: np.ndarray | None = None  # (n,) and of the last


@dataclass(frozen=True)
class Outline:
    """What a source holds besides the features: enough to divide the rows and to find the classes."""

    where: str  # the file, for messages
    place: Callable[[int], str]  # of a row (from 0), for messages: "data.csv:18"
    rows: int
    task: Task | Literal["tokens", "inputs"]
    targets: Mapping[str, np.ndarray]  # as found, by name: (rows,) booleans, integers, finite floats, or text
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)  # those of the request, likewise
    columns: Mapping[str, Kind] = field(default_factory=dict)  # of the features of a table, in order; arrays have none
    label_separator: str = ""  # between the labels in the cells of the only target, where these are lists
    class_order: tuple[str, ...] = ()  # the names of all classes from the lowest to the highest, where these are given
    rename_labels: Mapping[str, str] = field(default_factory=dict)  # labels as found, and what they are called
    time_order: TimeOrder | None = None  # if samples are ordered in time
    history: History | None = None  # what windows with targets are cut from
    series: np.ndarray | None = None  # (rows,) number of each window's series in the training, −1 if it is not there
    shown_series: str = ""  # what the series are called, if a network is to see which one a window is of
    parts: Mapping[str, slice] | None = None  # the rows of each, if the source divides them itself
    tokens: tuple[str, ...] = ()  # what each code stands for, if the next one is to be predicted
    padded: bool = False  # arrays (steps, …) with NaN behind their last step
    notes: tuple[str, ...] = ()  # what the user should know
    feature_shape: tuple[int, ...] = ()  # of arrays
    feature_dtype: Literal["float32", "uint8", "int32"] = "float32"  # of arrays, once prepared
    deep: bool = False  # images of more than 8 bits, whose range the training part determines
    fitted: Mapping[str, Any] = field(
        default_factory=dict
    )  # JSON that determines how other files of the same kind are read
