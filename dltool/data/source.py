"""The contract of sources: where samples come from, one file for each format.

A source tells which rows, features and targets a file holds. What becomes of them stands elsewhere: `targets` finds
the classes, `split` the parts, `scaling` the numbers that a network sees, and `dataset` brings all of it together.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from dltool.config.description import Description

Task = Literal["auto", "classes", "numbers"]


@dataclass(frozen=True)
class Outline:
    """What a source holds apart from the features themselves: enough to plan a network and to divide the rows."""

    where: str  # the file, for messages
    place: Callable[[int], str]  # of a row (from 0), for messages: "data.csv:18"
    rows: int
    feature_shape: tuple[int, ...]
    feature_dtype: Literal["float32", "uint8"]  # once prepared
    feature_names: tuple[str, ...]  # of a table's columns; arrays have none
    targets: Mapping[str, np.ndarray]  # as found, by name: (rows,) booleans, integers, finite floats, or text
    task: Task


@dataclass(frozen=True)
class Samples:
    """All that a source holds: features (rows, *feature_shape), bytes or finite floats, and the outline."""

    outline: Outline
    features: np.ndarray


class Source(Description):
    """Where samples come from.

    `folders` are where relative paths may start, after the working directory; `features` names columns to take, in this
    order, where an earlier source has settled them. Both methods raise InputError for whatever cannot be used, with
    the field of the source at fault as the path.
    """

    mixed_units: ClassVar[bool] = False  #: features are measured in units of their own, as the columns of a table

    @abstractmethod
    def outline(self, folders: Sequence[Path], features: Sequence[str] = ()) -> Outline:
        """All but the features, without reading those."""

    @abstractmethod
    def read(self, folders: Sequence[Path], features: Sequence[str] = ()) -> Samples:
        """Everything, in memory."""
