"""Samples given in memory instead of in files, prepared as in the training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dltool.data.prediction.given_arrays import GivenArrays, GivenImages
from dltool.data.prediction.given_cells import GivenCells
from dltool.data.prediction.sources import images_of
from dltool.data.preprocessing.features import TablePreparation
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.samples.samples import Samples
from dltool.data.sources.source import Source
from dltool.errors import InputError

#: what stands for the samples in messages: "rows[2]"
ROWS = "rows"


class Given:
    """Reads samples of the kind that a network was trained on.

    `read` and `samples` are separate, so that samples that were read one by one can be prepared together.
    """

    def __init__(self, source: Source, preprocessing: Preprocessing):
        """Raises InputError for windows of time series: a single sample of these has many rows."""
        self._preprocessing, features = preprocessing, preprocessing.features
        self.unknown: Counter[str] = Counter()  # cells with values not seen in training, by column
        self.reader: GivenCells | GivenArrays | GivenImages
        if isinstance(features, TablePreparation):
            self.reader = GivenCells(preprocessing)
        elif preprocessing.target.forecast:
            raise InputError("windows of time series are made from the rows of a table")
        elif images := images_of(source, features):
            self.reader = GivenImages(features, images)
        else:
            self.reader = GivenArrays(features, channels_first=getattr(source, "axes", "") == "channels_first")

    def read(self, rows: Any, where: str = ROWS) -> Any:
        """Samples as `samples` takes them; raises InputError that names those that cannot be used."""
        return self.reader.read(rows, where)

    def read_together(self, requests: Sequence[Any], where: str = ROWS) -> Any:
        """The samples of several requests, each a list of rows, as one; raises InputError for those to read alone."""
        if not isinstance(self.reader, GivenCells) or not all(isinstance(rows, list) for rows in requests):
            raise InputError("these are read one by one")
        return self.reader.read_complete([row for rows in requests for row in rows], where)

    def samples(self, parts: Sequence[Any], where: str = ROWS) -> Samples:
        """The prepared samples of several reads; raises InputError for a cell that an encoder refuses."""
        raw = self.reader.joined(parts)
        prepared = self._preprocessing.features.apply(raw, lambda row: f"{where}[{row}]")
        self.unknown.update(self._preprocessing.features.unknown(raw, prepared))
        targets = self._preprocessing.target.unknown(len(prepared.features), None)
        return Samples(prepared.features, targets, prepared.codes)


def rows_in(part: Any) -> int:
    """How many samples a read has given."""
    return len(next(iter(part.values()))) if isinstance(part, Mapping) else len(part)
