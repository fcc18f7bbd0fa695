"""The contract of table features: from the cells of one column to numbers and codes that a network takes.

A feature, as the config names it, starts a fitting; this looks at the cells of the training part, chunk by chunk, and
settles an encoder, which is kept in the checkpoint and turns any further cells into the same numbers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from dltool.config.description import Description
from dltool.data.samples.signature import CodeField
from dltool.registry import registered


class CellError(Exception):
    """A cell that an encoder cannot take: which of the rows at hand, and what about it."""

    def __init__(self, row: int, message: str):
        self.row, self.message = row, message
        super().__init__(message)


@dataclass(frozen=True)
class Encoder(ABC):
    """How the cells of one column become numbers or codes; plain data that JSON keeps exactly."""

    kind: ClassVar[str]  # the YAML name of the feature that settles it
    reads: ClassVar[str]  # the type in SQL that cells come in: DOUBLE, BOOLEAN, VARCHAR, TIMESTAMP

    column: str

    @property
    def names(self) -> tuple[str, ...]:
        """Of the numbers it makes, such as "age" or "start.hour"."""
        return ()

    @property
    def field(self) -> CodeField | None:
        """The codes it makes, from 0 on, if any."""
        return None

    @property
    def code_names(self) -> tuple[str, ...]:
        """What each code stands for."""
        return ()

    def write_numbers(self, cells: np.ndarray, numbers: np.ndarray) -> None:  # noqa: B027  (many make only codes)
        """Writes numbers (rows, names) float32 for cells (rows,), which are masked where values are missing.

        Raises CellError for a cell that cannot be taken.
        """

    def write_codes(self, cells: np.ndarray, codes: np.ndarray) -> None:  # noqa: B027  (many make only numbers)
        """Writes codes (rows, length) int32 for cells (rows,)."""

    def cells(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The cells (rows,) again, masked where they were missing, from what was written for them, as far as it tells.

        Of texts only how many of their words are known.
        """
        return np.ma.array(np.full(len(numbers), None), mask=True)

    def unknown(self, cells: np.ndarray, codes: np.ndarray) -> int:
        """How many of these cells, whose codes are (rows, length), hold what training has never seen."""
        return 0

    def as_json(self) -> dict[str, Any]:
        """Every field, and the kind."""
        return {"kind": self.kind, **{each.name: getattr(self, each.name) for each in fields(self)}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `as_json` gave, after JSON made lists of its tuples."""
        values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in data.items()}
        return cls(**values)


class Fitting(ABC):
    """Looks at the training part of one column."""

    @abstractmethod
    def update(self, cells: np.ndarray) -> None:
        """Take in the cells (rows,) of more rows, masked where values are missing."""

    @abstractmethod
    def result(self) -> Encoder:
        """The encoder for all that was seen."""


class Feature(Description):
    """What a column of a table is taken for."""

    encoder: ClassVar[type[Encoder]]

    @abstractmethod
    def start(self, column: str) -> Fitting:
        """A fitting for the column of that name."""


def stored_encoder(data: Mapping[str, Any]) -> Encoder:
    """The encoder of a checkpoint, from what its `as_json` gave."""
    rest = {key: value for key, value in data.items() if key != "kind"}
    return registered("feature")[data["kind"]].encoder.from_json(rest)
