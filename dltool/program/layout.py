"""How the cpu kernels store each value, and the way there and back from the logical array.

Activations lie in blocks of 16 channels, (C/16, rows, 16); matrices as (N/16, K, 16) with K and N padded to whole
blocks; vectors and numbers for each row are padded to whole vectors. Padding is zero and stays zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from dltool.kernels.records import LANES
from dltool.ops.graph import Value


def whole(count: int) -> int:
    """`count`, rounded up to whole vectors."""
    return -(-count // LANES) * LANES


@dataclass(frozen=True)
class Layout:
    """Storage of one value: logical shape (with the batch axis in front, where batched) and size in bytes."""

    shape: tuple[int, ...]
    dtype: str
    batched: bool
    rowwise: bool  # one number for each row, no channels

    @property
    def channels(self) -> int:
        """Logical size of the last axis; 1 where there are no channels."""
        return 1 if self.rowwise or not self.shape else self.shape[-1]

    @property
    def rows(self) -> int:
        """Rows of all samples; logical rows of a matrix; 1 for a vector."""
        return prod(self.shape) if self.rowwise else prod(self.shape[:-1])

    @property
    def rows_per_sample(self) -> int:
        """Rows of one sample, where batched."""
        return self.rows // self.shape[0] if self.batched else 1

    @property
    def stored_rows(self) -> int:
        """Rows of one block: a matrix has whole blocks of them, a vector one row."""
        return whole(self.rows) if not self.batched and len(self.shape) > 1 else self.rows

    @property
    def elements(self) -> int:
        """Stored elements, padding included."""
        return whole(self.rows) if self.rowwise else whole(self.channels) * self.stored_rows

    @property
    def bytes(self) -> int:
        """Stored size."""
        return self.elements * np.dtype(self.dtype).itemsize

    @property
    def vectors(self) -> int:
        """Stored vectors of 16 elements."""
        return self.elements // LANES

    def pack(self, array: np.ndarray, stored: np.ndarray) -> None:
        """Write a logical array to its stored form, a flat buffer whose padding is zero."""
        for logical, blocked in self._views(array, stored):
            blocked[...] = logical

    def unpack(self, stored: np.ndarray) -> np.ndarray:
        """The logical array of a stored form; a copy."""
        array = np.empty(self.shape, self.dtype)
        for logical, blocked in self._views(array, stored):
            logical[...] = blocked
        return array

    def _views(self, array: np.ndarray, stored: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The same elements on both sides: those of whole blocks, then those of a last block that is not full."""
        if self.rowwise:
            yield array.reshape(-1), stored[: self.rows]
            return
        logical = array.reshape(self.rows, self.channels)
        blocks = stored[: self.elements].reshape(-1, self.stored_rows, LANES)[:, : self.rows]
        full, rest = divmod(self.channels, LANES)
        if full:
            yield logical[:, : full * LANES].reshape(self.rows, full, LANES), blocks[:full].swapaxes(0, 1)
        if rest:
            yield logical[:, full * LANES :], blocks[full, :, :rest]


def layout_of(value: Value, rows: int) -> Layout:
    """The layout of a value in a program for batches of up to `rows` samples."""
    spec = value.spec
    node = value.producer
    rowwise = spec.dtype == "int64" or (spec.batched and not spec.shape)
    if node is not None and value in node.outputs:
        rowwise = rowwise or node.outputs.index(value) in node.op.rowwise_outputs
    shape = (rows, *spec.shape) if spec.batched else spec.shape
    return Layout(shape, spec.dtype, spec.batched, rowwise)
