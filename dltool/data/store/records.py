"""The layout of samples in a store: records of equal size with features, codes, targets, and weights if there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.data.samples.samples import Samples, samples_of
from dltool.data.samples.signature import Signature


@dataclass(frozen=True)
class RecordLayout:
    """The NumPy data type of a record."""

    dtype: np.dtype  # of one record, with a field for each array of samples

    @classmethod
    def of(cls, signature: Signature, *, weighted: bool = False) -> RecordLayout:
        """The layout for samples with this signature, perhaps with weights."""
        codes = (sum(field.length for field in signature.codes),)
        targets = ("<i8", ()) if signature.task == "classes" else ("<f4", (signature.target_width,))
        features = (np.dtype(signature.feature_dtype).newbyteorder("<").str, signature.feature_shape)
        fields = [("features", *features), ("codes", "<i4", codes), ("targets", *targets)]
        return cls(np.dtype([*fields, ("weights", "<f4", ())] if weighted else fields))

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the arrays in a record, in order."""
        return self.dtype.names or ()

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
        types = {name: self.dtype[name] for name in self.fields}
        return samples_of({name: np.empty((rows, *form.shape), form.base) for name, form in types.items()})

    def pack(self, part: Samples) -> np.ndarray:
        """Records (n,) of samples."""
        records = np.empty(len(part), self.dtype)
        for name, array in part.arrays.items():
            records[name] = array
        return records

    def unpack(self, records: np.ndarray, samples: Samples) -> None:
        """Write records (n,) to as many samples."""
        for name, array in samples.arrays.items():
            array[...] = records[name]

    def as_json(self) -> list[Any]:
        """Plain data that JSON keeps exactly."""
        return [[name, self.dtype[name].base.str, list(self.dtype[name].shape)] for name in self.fields]

    @classmethod
    def from_json(cls, data: list[Any]) -> RecordLayout:
        """The object from the result of `as_json`."""
        return cls(np.dtype([(name, form, tuple(shape)) for name, form, shape in data]))
