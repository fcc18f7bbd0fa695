"""Prepared samples on their way from open sources to their parts, in pieces of consecutive rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dltool.data.images.uniform import Constants
from dltool.data.preprocessing.features import Preparation, Prepared
from dltool.data.readers.reader import Reader, blaming, series_of
from dltool.data.samples.samples import Samples
from dltool.data.splitting.partition import Partition
from dltool.data.splitting.split import overlap
from dltool.errors import InputError, Problem

#: targets that are hashed together
BLOCK = 1 << 20


def pieces_of(
    readers: Mapping[str, Reader], preparation: Preparation, partition: Partition, digest: Any, constants: Constants
) -> Iterator[tuple[str, Samples]]:
    """Samples of all parts in order; the digest is updated with all prepared data.

    Raises InputError with the problems of all sources, after all have been read.
    """
    problems: list[Problem] = []
    for source in readers:
        try:
            yield from _pieces_of_source(source, readers[source], preparation, partition, digest, constants)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)


def _pieces_of_source(
    source: str, reader: Reader, preparation: Preparation, partition: Partition, digest: Any, constants: Constants
) -> Iterator[tuple[str, Samples]]:
    indices = {part: index for part, (of, index) in partition.rows.items() if of == source}
    targets, weights = partition.encoded[source], partition.weights.get(source)
    digest.update(json.dumps([source, list(reader.outline.columns), partition.target.classes]).encode())
    for low in range(0, len(targets), BLOCK):
        digest.update(np.ascontiguousarray(_stored(targets[low : low + BLOCK])).data)
    if weights is not None:
        digest.update(weights.data)
    for low, high, chunk in prepared(reader, preparation):
        constants.add(reader, low, chunk.features)
        digest.update(np.ascontiguousarray(chunk.features).data)
        digest.update(chunk.codes.data)
        for part, index in indices.items():
            _, inside = overlap(index, low, high)
            of_rows = None if weights is None else weights[low:high][inside]
            of_part = _stored(targets[low:high][inside])
            yield part, Samples(chunk.features[inside], of_part, chunk.codes[inside], of_rows)


def _stored(targets: np.ndarray) -> np.ndarray:
    """Targets as samples hold them."""
    return targets if targets.dtype.kind == "f" else targets.astype(np.int64, copy=False)


def remarks(readers: Mapping[str, Reader]) -> list[str]:
    """Notes of all sources on what was read."""
    return [text for reader in readers.values() for text in reader.remarks()]


def prepared(reader: Reader, preparation: Preparation) -> Iterator[tuple[int, int, Prepared]]:
    """Prepared chunks, each with its first row and the one after its last."""
    low = 0
    for raw in reader.read(preparation.types):
        start = low
        with blaming(reader.path):
            series = series_of(reader.outline, raw, low)
            chunk = preparation.apply(raw, lambda row, start=start: reader.outline.place(start + row), series)
        low += len(chunk.features)
        yield start, low, chunk
