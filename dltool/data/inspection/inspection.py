"""Inspecting all data of an experiment: a summary, and suspicious findings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dltool.config.data import DataConfig
from dltool.config.experiment import Sampling
from dltool.data.dataset.duplicates import Duplicates
from dltool.data.dataset.opening import find_stored, opened
from dltool.data.dataset.pieces import pieces_of, prepared, remarks
from dltool.data.images.uniform import Constants
from dltool.data.inspection.columns import ColumnReport, odd_columns, report
from dltool.data.inspection.leaks import Leak, find_leaks
from dltool.data.inspection.parts import balance, newest_first, odd_numbers, odd_parts, repeated_rows
from dltool.data.inspection.sample import take_sample
from dltool.data.inspection.sentinels import sentinels
from dltool.data.preprocessing.features import TablePreparation
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.readers.reader import Reader
from dltool.data.samples.signature import Signature
from dltool.data.splitting.partition import Partition
from dltool.data.splitting.weighted_sampling import alias_table
from dltool.data.tables.profile import profile
from dltool.data.tables.reader import TableReader
from dltool.findings import Finding, note, warning

#: share of different values among training rows from which on equal rows are not a coincidence
FINE = 0.25


@dataclass(frozen=True)
class Inspection:
    """The results of inspecting data that can be used."""

    preprocessing: Preprocessing
    signature: Signature
    findings: Sequence[Finding]
    columns: Sequence[ColumnReport] = ()
    balance: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # rows of each class by part
    targets: Mapping[str, np.ndarray] = field(default_factory=dict)  # of each part, as the loss takes them


def inspect(data: DataConfig, folders: Sequence[Path], sampling: str | Sampling | None = None) -> Inspection:
    """The inspection; raises InputError for data that cannot be used, or sampled so."""
    if stored := find_stored(data, folders):
        return Inspection(*stored, [note("was prepared before and is not inspected again", "data")])
    with opened(data, folders, sampling) as (readers, partition, fitted, notes):
        signature = fitted.signature({part: partition.count(part) for part in partition.rows})
        if sampling:
            alias_table(sampling, partition, readers["train"].outline)
        warnings = [*partition.warnings, *_read_through(readers, partition, fitted)]
        notes += remarks(readers)
        findings = [*(warning(text, "data") for text in warnings), *(note(text, "data") for text in notes)]
        findings += odd_parts(partition)
        tables = {source: reader for source, reader in readers.items() if isinstance(reader, TableReader)}
        findings += odd_numbers(partition, tables)
        if "train" in tables:
            findings += newest_first(data.split, tables["train"])
        columns: list[ColumnReport] = []
        if "train" in tables and isinstance(fitted.features, TablePreparation):
            columns, more = _table(tables["train"], fitted.features, partition)
            names = [*fitted.features.types, *tables["train"].outline.targets]
            fine = any(column.distinct > signature.rows["train"] * FINE for column in columns)
            findings += [*more, *repeated_rows(partition, tables, names, fine=fine)]
        targets = {part: partition.targets(part) for part in partition.rows}
        return Inspection(fitted, signature, findings, columns, balance(partition), targets)


def _read_through(readers: Mapping[str, Reader], partition: Partition, fitted: Preprocessing) -> list[str]:
    """Read everything as a training will; returns warnings about arrays, raises InputError with all problems."""
    tables = [reader for reader in readers.values() if reader.outline.columns]
    for reader in tables:
        for _ in prepared(reader, fitted.features):
            pass
    if tables:
        return []
    rows = {part: partition.count(part) for part in partition.rows}
    duplicates, constants = Duplicates(rows, has_columns=False), Constants()
    for _ in duplicates.watched(pieces_of(readers, fitted.features, partition, hashlib.sha256(), constants)):
        pass
    return [*constants.warnings(), *duplicates.warnings()]


def _table(
    reader: TableReader, features: TablePreparation, partition: Partition
) -> tuple[list[ColumnReport], list[Finding]]:
    """The columns of a table, and what is odd about them."""
    names = [*reader.outline.columns, *reader.outline.targets]
    columns = {name: reader.columns[name] for name in names}
    encoders = {encoder.column: encoder for encoder in features.encoders}
    profiles = profile(reader.database, columns)
    sample = take_sample(reader.database, columns)
    findings = [*odd_columns(profiles, encoders)]
    for target in reader.outline.targets:
        others = {*reader.outline.targets} - {target}
        found = find_leaks(sample.without(others), target, classes=partition.target.task != "numbers")
        findings += [_suspicion(leak) for leak in found if {*leak.columns} <= {*encoders}]
    findings += sentinels(sample, [name for name, encoder in encoders.items() if encoder.kind == "numeric"])
    return report(reader.database, columns, profiles, encoders), findings


def _suspicion(leak: Leak) -> Finding:
    names = ", ".join(leak.columns)
    what = f"column{'s' if len(leak.columns) > 1 else ''} {', '.join(repr(column) for column in leak.columns)}"
    advice = f"unless it is known at prediction time, leave it out: exclude: [{names}]"
    return warning(f"{leak.how}; {advice}", what)
