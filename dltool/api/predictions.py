"""The predictions of a network, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class Predictions(dict[str, np.ndarray]):
    """Columns by name, as `dltool predict` writes them; `pandas.DataFrame(predictions)` makes a data frame of them."""

    def __init__(
        self, columns: Mapping[str, np.ndarray], classes: Sequence[str] | None = None, notes: Sequence[str] = ()
    ):
        super().__init__(columns)
        self.classes = tuple(classes) if classes else None
        self.notes = tuple(notes)  # about the data, such as values not seen in training

    @property
    def probabilities(self) -> np.ndarray:
        """The probabilities (rows, classes) or (rows, labels); raises KeyError if the network predicts numbers."""
        names = [name for name in self if name.startswith("probability_")]
        if not names:
            raise KeyError("this network predicts numbers, which have no probabilities")
        return np.column_stack([self[name] for name in names])

    def rows(self) -> list[dict[str, Any]]:
        """One dict for each row, of plain Python values."""
        columns = [column.tolist() for column in self.values()]
        return [dict(zip(self, row, strict=True)) for row in zip(*columns, strict=True)]

    def __repr__(self) -> str:
        rows = len(next(iter(self.values()), ()))
        return f"<Predictions of {rows:,} row{'' if rows == 1 else 's'}: {', '.join(self)}>"
