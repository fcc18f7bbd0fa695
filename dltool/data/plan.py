"""From outlines of the sources to the rows and labels of every part, and what is odd about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dltool.config.experiment import PARTS, DataConfig
from dltool.data.source import Outline
from dltool.data.split import Index, split_rows
from dltool.data.targets import Target, encode, understand
from dltool.errors import InputError, Problem

#: names of classes that a note lists
LISTED = 5


@dataclass(frozen=True)
class Plan:
    """Which rows of which source become which part; sources go by the part that they are given for."""

    target: Target
    encoded: Mapping[str, np.ndarray]  # targets by source: labels (rows,) int64 or numbers (rows, k) float32
    rows: Mapping[str, tuple[str, Index]]  # by part: the source, and its rows
    notes: list[str]

    def targets(self, part: str) -> np.ndarray:
        """Encoded targets of one part."""
        source, rows = self.rows[part]
        return self.encoded[source][rows]


def make_plan(data: DataConfig, outlines: Mapping[str, Outline], target: Target | None = None) -> Plan:
    """The plan for all parts; `target` where it is settled already. Raises InputError for parts that cannot be used."""
    main = outlines["train"]
    notes: list[str] = []
    if target is None:
        target, notes = understand(main)
    encoded = {source: encode(outline, target) for source, outline in outlines.items()}
    of_main = [part for part in data.parts if part == "train" or part not in outlines]
    labels = encoded["train"] if target.classes else None
    split, more_notes = split_rows(data.split, of_main, main.rows, labels)
    everything = {part: (part, slice(None)) for part in outlines if part != "train"}
    rows = {**everything, **{part: ("train", index) for part, index in split.items()}}
    rows = {part: rows[part] for part in PARTS if part in rows}
    notes = [*notes, *more_notes]
    if target.classes:
        notes += _missing_classes(
            target.classes, {part: encoded[source][index] for part, (source, index) in rows.items()}
        )
    return Plan(target, encoded, rows, notes)


def _missing_classes(classes: Sequence[str], labels: Mapping[str, np.ndarray]) -> list[str]:
    """Notes on classes that a part does not have; raises InputError where the training part has but one."""
    notes = []
    for part in labels:
        counts = np.bincount(labels[part], minlength=len(classes))
        missing = [name for name, count in zip(classes, counts, strict=True) if not count]
        if part == "train" and len(missing) == len(classes) - 1:
            only = classes[int(counts.argmax())]
            message = f"all rows to train on have the class '{only}'; are the rows in the order of their classes?"
            raise InputError(Problem(message, path="data.split"))
        if missing:
            listed = ", ".join(f"'{name}'" for name in missing[:LISTED]) + (", …" if len(missing) > LISTED else "")
            notes.append(f"the {part} part has no row of {len(missing)} of the {len(classes)} classes: {listed}")
    return notes
