"""Opening the data of an experiment: reading its sources, dividing them into parts, and preparing the parts.

Parts that do not fit into memory are kept on disk, in a store. `read_signature` does the same without preparing
features, for commands that need only shapes. `prediction` prepares samples of other sources in the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.amounts import amount
from dltool.config.data import DataConfig
from dltool.config.experiment import Sampling
from dltool.data.dataset.config_sources import place, sources
from dltool.data.dataset.dataset import Dataset
from dltool.data.dataset.duplicates import Duplicates
from dltool.data.dataset.pieces import pieces_of, remarks
from dltool.data.images.uniform import Constants
from dltool.data.preprocessing.fitting import fit
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.readers.outline import Request
from dltool.data.readers.reader import Reader, blaming
from dltool.data.samples.samples import Samples, samples_of
from dltool.data.samples.signature import Signature
from dltool.data.sources.source import Source
from dltool.data.splitting.partition import Partition, make_partition
from dltool.data.splitting.weighted_sampling import alias_table, sampling_column
from dltool.data.store.budget import memory_for
from dltool.data.store.folder import Store
from dltool.data.store.keeping import Keeping, unwatched
from dltool.data.store.origin import Watch
from dltool.data.store.records import RecordLayout
from dltool.errors import InputError

#: files larger than this are reported, since reading them takes a while
LARGE = 256 << 20


def open_dataset(
    data: DataConfig,
    folders: Sequence[Path],
    preprocessing: Mapping[str, Any] | None = None,
    *,
    sampling: str | Sampling | None = None,
    watch: Watch = unwatched,
) -> Dataset:
    """All parts, prepared by the `preprocessing` of a checkpoint, or by one fitted to the training part.

    Relative paths start from one of `folders`, else from the working directory. `sampling` is how training rows are
    drawn, if not equally often. Raises InputError with all problems of the first source that has any.
    """
    fitted = Preprocessing.from_json(preprocessing) if preprocessing else None
    keeping = Keeping(
        data,
        lambda: _files(data, folders),
        preprocessing=fitted.as_json() if fitted else None,  # older checkpoints write it otherwise
        sampling=sampling,
        watch=watch,
    )
    if store := keeping.find():
        return _kept(store, data)
    if keeping.origin.size > LARGE:
        watch(f"reading {amount(keeping.origin.size)}", None)
    with ExitStack() as stack:
        readers, partition, fitted, notes = _open_sources(data, folders, fitted, stack, sampling_column(sampling))
        digest = hashlib.sha256()
        rows = {part: partition.count(part) for part in partition.rows}
        signature = fitted.signature(rows)
        duplicates = Duplicates(rows if preprocessing is None else {}, has_columns=bool(fitted.columns))
        constants = Constants()
        pieces = duplicates.watched(pieces_of(readers, fitted.features, partition, digest, constants))
        alias = alias_table(sampling, partition, readers["train"].outline) if sampling else None
        layout = RecordLayout.of(signature, weighted=bool(partition.weights))
        about = lambda: {  # noqa: E731  (known once all pieces have passed)
            "preprocessing": fitted.as_json(),
            "fingerprint": digest.hexdigest(),
            "notes": [*notes, *remarks(readers)],
            "warnings": [*partition.warnings, *constants.warnings(), *duplicates.warnings()],
        }
        if sum(rows.values()) * layout.bytes > memory_for(data):
            return _kept(keeping.make(layout, rows, pieces, about, {"train": alias} if alias else {}), data)
        parts = _in_memory(pieces, rows, layout)
    parts["train"] = replace(parts["train"], alias=alias)
    return Dataset(signature, parts, **about())


@contextmanager
def opened(
    data: DataConfig, folders: Sequence[Path], sampling: str | Sampling | None = None
) -> Iterator[tuple[Mapping[str, Reader], Partition, Preprocessing, list[str]]]:
    """Everything except prepared parts: open sources, the rows of each part, the preprocessing, and notes."""
    with ExitStack() as stack:
        yield _open_sources(data, folders, None, stack, sampling_column(sampling))


def find_stored(data: DataConfig, folders: Sequence[Path]) -> tuple[Preprocessing, Signature] | None:
    """The preprocessing and signature of data that is already in a store."""
    if store := Keeping(data, lambda: _files(data, folders)).find():
        fitted = Preprocessing.from_json(store.about["preprocessing"])
        return fitted, fitted.signature(store.rows)
    return None


def read_signature(data: DataConfig, folders: Sequence[Path]) -> Signature:
    """The signature only: everything is fitted, but no features are prepared."""
    if stored := find_stored(data, folders):
        return stored[1]
    with opened(data, folders) as (_, partition, fitted, _):
        return fitted.signature({part: partition.count(part) for part in partition.rows})


@dataclass(frozen=True)
class RawRow:
    """A row as it stands in its file."""

    place: str  # such as "data.csv:18"
    cells: Mapping[str, str]  # of its features, as text; empty for arrays


def raw_rows(
    data: DataConfig,
    folders: Sequence[Path],
    preprocessing: Mapping[str, Any],
    part: str,
    rows: Sequence[int],
    *,
    most: int | None = None,
) -> list[RawRow] | None:
    """Some rows of a part, read again; None if that requires reading files of more than `most` bytes."""
    listed = all(source.listed for source in sources(data).values())
    if most is not None and not listed and sum(path.stat().st_size for path in _files(data, folders)) > most:
        return None
    with ExitStack() as stack:
        readers, partition, _, _ = _open_sources(data, folders, Preprocessing.from_json(preprocessing), stack)
        source, index = partition.rows[part]
        reader = readers[source]
        numbers = np.arange(reader.outline.rows)[index][list(rows)].tolist()
        return [RawRow(*row) for row in zip(reader.places(numbers), reader.describe(numbers), strict=True)]


def _open_sources(
    data: DataConfig,
    folders: Sequence[Path],
    fitted: Preprocessing | None,
    stack: ExitStack,
    extras: tuple[str, ...] = (),
) -> tuple[dict[str, Reader], Partition, Preprocessing, list[str]]:
    """All sources, open until the stack is closed; the partition; the preprocessing; and notes.

    `extras` are columns of the main source needed in addition to those of its split.
    """
    readers: dict[str, Reader] = {}
    columns, shape = (fitted.columns, fitted.features.feature_shape) if fitted else ((), ())
    dtype = fitted.features.feature_dtype if fitted else ""
    source_state = fitted.source_state if fitted else {}
    types = fitted.types if fitted else {}
    for part, source in sources(data).items():
        needed = (*data.split.columns, *extras) if part == "train" else ()
        named_by = {source.weight_name: "weight"} if source.weight_name else {}
        memory = memory_for(data) // 2
        request = Request(
            features=columns,
            extras=tuple(dict.fromkeys((*needed, *named_by))),
            named_by=named_by,
            declared=_reads(data),
            types=types,
            memory=memory,
            shape=shape,
            dtype=dtype,
            fitted=source_state,
            shares=_shares(data) if part == "train" and source.divides else {},
        )
        readers[part] = stack.enter_context(_opened(source, place(part, source), folders, request))
        columns = columns or tuple(readers["train"].outline.columns)
        types = types or readers["train"].column_types()
        shape = shape or readers["train"].outline.feature_shape
        dtype = dtype or readers["train"].outline.feature_dtype
        source_state = source_state or readers["train"].outline.fitted
    outlines = {part: reader.outline for part, reader in readers.items()}
    partition = make_partition(data, outlines, fitted and fitted.target)
    notes = partition.notes
    if fitted is None:
        with _with_problems_of_others(readers, but="train"):
            preparation, more_notes = fit(data, readers["train"], partition.rows["train"][1])
        notes = [*notes, *more_notes]
        types = readers["train"].column_types(preparation.types)
        fitted = Preprocessing(preparation, partition.target, types, source_state)
    for outline in outlines.values():
        fitted.features.require_alike(outline)
    return readers, partition, fitted, notes


def _shares(data: DataConfig) -> dict[str, float]:
    """The shares of the parts at the end of the main source."""
    return {part: data.split.fraction(part) for part in data.parts if data.split.fraction(part)}


def _reads(data: DataConfig) -> dict[str, str]:
    """The SQL types that the configured features read, by column name or pattern."""
    return {name: feature.encoder.reads for name, feature in data.features.items()}


def _files(data: DataConfig, folders: Sequence[Path]) -> list[Path]:
    """All files of all sources."""
    found: list[Path] = []
    for part, source in sources(data).items():
        with blaming(place(part, source)):
            found += source.files(folders)
    return found


@contextmanager
def _opened(source: Source, place: str, folders: Sequence[Path], request: Request) -> Iterator[Reader]:
    """A reader; its problems get the source's path in the config."""
    with blaming(place):
        reader = source.open(folders, request)
    reader.path = place
    with reader:
        yield reader


@contextmanager
def _with_problems_of_others(readers: Mapping[str, Reader], but: str) -> Iterator[None]:
    """If a source of arrays has problems, report those of the other sources too."""
    try:
        yield
    except InputError as error:
        problems = list(error.problems)
        for source, reader in readers.items():
            if source != but and not reader.outline.columns:
                try:
                    for _ in reader.read({}):
                        pass
                except InputError as other:
                    problems += other.problems
        raise InputError(*problems) from None


def _in_memory(
    pieces: Iterator[tuple[str, Samples]], rows: Mapping[str, int], layout: RecordLayout
) -> dict[str, Samples]:
    """All parts as arrays; only these and one piece are in memory at a time."""
    parts: dict[str, Samples] = {}
    filled = dict.fromkeys(rows, 0)
    for name, piece in pieces:
        if len(piece) == rows[name]:
            parts[name] = samples_of({field: np.ascontiguousarray(array) for field, array in piece.arrays.items()})
            continue
        if name not in parts:
            parts[name] = layout.empty(rows[name])
        place = slice(filled[name], filled[name] + len(piece))
        for field, array in parts[name].arrays.items():
            array[place] = piece.arrays[field]
        filled[name] = place.stop
    return {name: parts[name] for name in rows}


def _kept(store: Store, data: DataConfig) -> Dataset:
    """The data of a store, in memory if it fits."""
    fitted, notes, parts = Preprocessing.from_json(store.about["preprocessing"]), store.about["notes"], store.parts()
    if store.bytes <= memory_for(data):
        parts = {part: replace(stored.rows(0, len(stored)), alias=stored.alias) for part, stored in parts.items()}
    else:
        where = f"{store.folder} ({amount(store.bytes)}); dltool cache lists and removes such folders"
        notes = [*notes, f"data larger than data.memory is read from {where}"]
    signature, warnings = fitted.signature(store.rows), store.about.get("warnings", [])
    return Dataset(signature, parts, fitted.as_json(), store.about["fingerprint"], notes, warnings)
