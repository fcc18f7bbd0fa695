"""What a network takes as input, for people and programs that are to fill it in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dltool.data.features.category import CategoryEncoder
from dltool.data.features.date import DAY, DateEncoder
from dltool.data.features.feature import Encoder
from dltool.data.features.numeric import NumericEncoder
from dltool.data.preprocessing.features import Preparation, TablePreparation


@dataclass(frozen=True)
class Input:
    """One column."""

    name: str
    kind: Literal["number", "boolean", "date", "category", "text"]
    words: tuple[str, ...] = ()  # of a category, the most frequent first
    usual: float | str | None = None  # a typical value


def inputs_of(preparation: Preparation) -> Sequence[Input]:
    """The columns of a table; none for arrays and images."""
    return [_input(one) for one in preparation.encoders] if isinstance(preparation, TablePreparation) else []


def _input(encoder: Encoder) -> Input:
    match encoder:
        case NumericEncoder():
            middle = encoder.fill if encoder.fill is not None else encoder.offset
            return Input(encoder.column, "number", usual=float(f"{middle:.4g}"))
        case CategoryEncoder():
            return Input(encoder.column, "category", encoder.words, encoder.words[0] if encoder.words else None)
        case DateEncoder():
            day = np.datetime64(int(encoder.mean * DAY), "s").astype("datetime64[D]")
            return Input(encoder.column, "date", usual=str(day))
    return Input(encoder.column, "boolean" if encoder.reads == "BOOLEAN" else "text")
