"""The layout of samples in a store: records of equal size with features, codes and targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature

FIELDS = ("features", "codes", "targets")


@dataclass(frozen=True)
class RecordLayout:
    """The NumPy data type of a record."""

    dtype: np.dtype  # of one record, with FIELDS

    @classmethod
    def of(cls, signature: Signature) -> RecordLayout:
        """The layout for samples with this signature."""
        codes = (sum(field.length for field in signature.codes),)
        targets = ("<i8", ()) if signature.task == "classes" else ("<f4", (signature.target_width,))
        features = (np.dtype(signature.feature_dtype).newbyteorder("<").str, signature.feature_shape)
        types = (features, ("<i4", codes), targets)
        return cls(np.dtype([(name, *form) for name, form in zip(FIELDS, types, strict=True)]))

    @property
    def bytes(self) -> int:
        """Size of one record."""
        return self.dtype.itemsize

    def pieces(self) -> Iterator[tuple[str, int, int]]:
        """The fields of a record in order: name, first byte, number of bytes."""
        for name, (form, start, *_) in (self.dtype.fields or {}).items():
            yield name, start, form.itemsize

    def empty(self, rows: int) -> Samples:
        """Uninitialized arrays for `rows` samples."""
        features, codes, targets = (np.empty((rows, *self.dtype[name].shape), self.dtype[name].base) for name in FIELDS)
        return Samples(features, targets, codes)

    def pack(self, part: Samples) -> np.ndarray:
        """Records (n,) of samples."""
        records = np.empty(len(part), self.dtype)
        for name, array in zip(FIELDS, (part.features, part.codes, part.targets), strict=True):
            records[name] = array
        return records

    def unpack(self, records: np.ndarray, samples: Samples) -> None:
        """Write records (n,) to as many samples."""
        for name in FIELDS:
            getattr(samples, name)[...] = records[name]

    def as_json(self) -> list[Any]:
        """Plain data that JSON keeps exactly."""
        return [[name, self.dtype[name].base.str, list(self.dtype[name].shape)] for name in FIELDS]

    @classmethod
    def from_json(cls, data: list[Any]) -> RecordLayout:
        """The object from the result of `as_json`."""
        return cls(np.dtype([(name, form, tuple(shape)) for name, form, shape in data]))
