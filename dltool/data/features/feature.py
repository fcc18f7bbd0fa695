"""The contract of table features: from the cells of one column to numbers and codes that a network takes.

A feature, as the config names it, starts a fitting. The fitting looks at the cells of the training part in chunks and
returns an encoder, which is kept in the checkpoint and encodes all other cells in the same way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from dltool.config.columns import clean_name
from dltool.config.description import Description
from dltool.data.samples.signature import CodeField
from dltool.registry import registered


class CellError(Exception):
    """A cell that an encoder cannot encode: its row in the chunk, and the reason."""

    def __init__(self, row: int, message: str):
        self.row, self.message = row, message
        super().__init__(message)


@dataclass(frozen=True)
class Encoder(ABC):
    """How the cells of one column become numbers or codes; plain data that JSON keeps exactly."""

    kind: ClassVar[str]  # the YAML name of the feature
    reads: ClassVar[str]  # the SQL type of the cells: DOUBLE, BOOLEAN, VARCHAR, TIMESTAMP

    column: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the encoded numbers, such as "age" or "start hour sine"."""
        return ()

    @property
    def field(self) -> CodeField | None:
        """The field of the codes, if any, which starts at 0."""
        return None

    @property
    def code_names(self) -> tuple[str, ...]:
        """What each code stands for."""
        return ()

    @property
    def unit(self) -> str:
        """What `unknown` counts, for messages."""
        return "cell"

    def write_numbers(self, cells: np.ndarray, numbers: np.ndarray) -> None:  # noqa: B027  (many encoders have only codes)
        """Writes numbers (rows, names) float32 for cells (rows,), which are masked where values are missing.

        Raises CellError for a cell that cannot be encoded.
        """

    def write_codes(self, cells: np.ndarray, codes: np.ndarray) -> None:  # noqa: B027  (many encoders have only numbers)
        """Writes codes (rows, length) int32 for cells (rows,)."""

    def cells(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The cells (rows,) recovered from their numbers and codes, masked where missing, as far as possible.

        For text, only the number of words or other tokens.
        """
        return np.ma.array(np.full(len(numbers), None), mask=True)

    def unknown(self, cells: np.ndarray, codes: np.ndarray) -> int:
        """How many of these cells, or parts of them, with codes (rows, length), are not in the training part."""
        return 0

    def imputed(self, cells: np.ndarray) -> int:
        """How many of these cells are missing and get a usual value without a mark, as no training row lacked one."""
        return 0

    def as_json(self) -> dict[str, Any]:
        """All fields, and the kind."""
        return {"kind": self.kind, **{each.name: getattr(self, each.name) for each in fields(self)}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The encoder from the result of `as_json`, with lists in place of tuples."""
        values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in data.items()}
        return cls(**values)


class Fitting(ABC):
    """Fits an encoder to the training part of one column."""

    @abstractmethod
    def update(self, cells: np.ndarray) -> None:
        """Take in the cells (rows,) of more rows, masked where values are missing."""

    @abstractmethod
    def result(self) -> Encoder:
        """The fitted encoder."""

    def notes(self, encoder: Encoder) -> list[str]:
        """What the user should know about the fitted encoder."""
        return []


class Feature(Description):
    """How a column of a table is used as input."""

    encoder: ClassVar[type[Encoder]]

    @abstractmethod
    def start(self, column: str) -> Fitting:
        """A fitting for the column of that name."""


def stored_encoder(data: Mapping[str, Any]) -> Encoder:
    """The encoder in a checkpoint, from the result of its `as_json`."""
    rest = {key: value for key, value in data.items() if key != "kind"}
    rest["column"] = clean_name(rest["column"])
    return registered("feature")[data["kind"]].encoder.from_json(rest)
