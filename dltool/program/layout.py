"""How the cpu kernels store each value, and the way there and back from the logical array.

Activations lie in blocks of 16 channels, (C/16, rows, 16); matrices as (N/16, K, 16) with K and N padded to whole
blocks; vectors and numbers for each row are padded to whole vectors. Padding is zero and stays zero.
"""

from __future__ import annotations

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

    def pack(self, array: np.ndarray) -> np.ndarray:
        """The stored form of a logical array, flat."""
        if self.rowwise:
            flat = np.zeros(self.elements, self.dtype)
            flat[: self.rows] = array.reshape(-1)
            return flat
        padded = np.zeros((self.stored_rows, whole(self.channels)), self.dtype)
        padded[: self.rows, : self.channels] = array.reshape(self.rows, self.channels)
        return padded.reshape(self.stored_rows, -1, LANES).transpose(1, 0, 2).reshape(-1)

    def unpack(self, stored: np.ndarray) -> np.ndarray:
        """The logical array of a stored form; a copy."""
        if self.rowwise:
            return stored[: self.rows].reshape(self.shape).copy()
        blocks = stored[: self.elements].reshape(-1, self.stored_rows, LANES).transpose(1, 0, 2)
        return blocks.reshape(self.stored_rows, -1)[: self.rows, : self.channels].reshape(self.shape).copy()


def layout_of(value: Value, rows: int) -> Layout:
    """The layout of a value in a program for batches of up to `rows` samples."""
    spec = value.spec
    node = value.producer
    rowwise = spec.dtype == "int64" or (spec.batched and not spec.shape)
    if node is not None and value in node.outputs:
        rowwise = rowwise or node.outputs.index(value) in node.op.rowwise_outputs
    shape = (rows, *spec.shape) if spec.batched else spec.shape
    return Layout(shape, spec.dtype, spec.batched, rowwise)
