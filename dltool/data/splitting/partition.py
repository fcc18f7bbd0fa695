"""From outlines of the sources to the rows and targets of every part, with warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dltool.config.data import PARTS, DataConfig, Rows, SplitConfig
from dltool.config.experiment import TARGETS
from dltool.data.files.quoting import shown
from dltool.data.readers.outline import Outline
from dltool.data.scaling.scaling import Scaling, Standard
from dltool.data.splitting.row_weights import loss_weights
from dltool.data.splitting.split import Index, among, split_rows
from dltool.data.targets.class_names import rows_of_classes
from dltool.data.targets.target import Target, encode, understand, usable_rows
from dltool.errors import InputError, Problem
from dltool.formatting import first_few, plural

#: names of classes that a note lists
LISTED = 5


@dataclass(frozen=True)
class Partition:
    """The rows of each part, and the targets; sources are named by the part that they are given for."""

    target: Target
    encoded: Mapping[str, np.ndarray]  # targets of all rows by source, as a loss takes them
    rows: Mapping[str, tuple[str, Index]]  # by part: the source, and its rows
    notes: list[str]  # what was decided for the user
    warnings: list[str]  # what is probably a mistake
    weights: Mapping[str, np.ndarray] = field(
        default_factory=dict
    )  # of all rows in the loss, by source, if they differ

    def count(self, part: str) -> int:
        """Rows of one part."""
        source, rows = self.rows[part]
        return len(rows) if isinstance(rows, np.ndarray) else len(range(len(self.encoded[source]))[rows])

    def targets(self, part: str) -> np.ndarray:
        """Targets of one part: classes (n,) as small integers, labels or scaled numbers (n, k) float32."""
        source, rows = self.rows[part]
        return self.encoded[source][rows]


def make_partition(data: DataConfig, outlines: Mapping[str, Outline], target: Target | None = None) -> Partition:
    """The rows of all parts; `target` if a training has fixed it. Raises InputError for unusable parts."""
    usable = {source: usable_rows(outline) for source, outline in outlines.items()}
    notes = [note for outline in outlines.values() for note in outline.notes]
    notes += [note for source, rows in usable.items() for note in _left_out(outlines[source], rows)]
    understood, more_notes = (target, []) if target else understand(outlines["train"])
    encoded = {source: encode(outline, understood) for source, outline in outlines.items()}
    everything = {part: (part, among(slice(None), usable[part])) for part in outlines if part != "train"}
    split, split_notes = _split_main(
        data, outlines, usable["train"], encoded["train"] if understood.task == "classes" else None
    )
    rows = {**everything, **{part: ("train", index) for part, index in split.items()}}
    rows = {part: rows[part] for part in PARTS if part in rows}
    notes, warnings = [*notes, *more_notes, *split_notes], []
    if understood.task in ("classes", "multilabel"):
        of_parts = {part: encoded[source][index] for part, (source, index) in rows.items()}
        warnings = [*_classes_alike(understood), *_missing_classes(understood, of_parts)]
    if target is None:
        scaling = _target_scaling(data)
        history, index = outlines["train"].history, rows["train"][1]
        if history:
            target = understood.fitted_to_history(history, index, scaling)
        elif scaling and scaling.by_series:
            message = "per_series needs windows of time series; for one scale for all samples: standard"
            raise InputError(Problem(message, path="data.target_scaling"))
        else:
            target = understood.fitted(encoded["train"][index], scaling)
        if data.source.weight_name:
            notes.append(
                f"rows count in the loss by '{data.source.weight_name}', where 1 is the mean of the rows to train on;"
                " metrics count every row once"
            )
        if target.scale and data.target_scaling is None:
            notes.append(
                "targets are standardized during training: the loss refers to standardized targets, all other"
                " metrics are in the original units (data.target_scaling: standard)"
            )
    return Partition(
        target,
        {
            source: target.trained(of_rows, outlines[source].series, outlines[source].place)
            for source, of_rows in encoded.items()
        },
        rows,
        notes,
        warnings,
        loss_weights(data, outlines, rows),
    )


def _left_out(outline: Outline, usable: np.ndarray | None) -> list[str]:
    """A note on rows without a target; raises InputError if no row has one."""
    if usable is None:
        return []
    if not usable.size:
        raise InputError(Problem("no row has a target", outline.where))
    return [f"{outline.where}: left out {plural(outline.rows - len(usable), 'row')} without a target"]


def _split_main(
    data: DataConfig, outlines: Mapping[str, Outline], usable: np.ndarray | None, labels: np.ndarray | None
) -> tuple[dict[str, Index], list[str]]:
    """The parts that the main source is divided into, with notes."""
    main = outlines["train"]
    of_main = [part for part in data.parts if part == "train" or part not in outlines]
    if main.time_order and data.split.stratify is True:
        message = "samples of a time series are always divided by time, not by class"
        raise InputError(Problem(message, path="data.split.stratify"))
    for column in data.split.columns:
        if main.time_order:
            message = "samples of a time series are always divided by time, not by a column"
            raise InputError(Problem(message, path="data.split"))
        if column not in main.extras:
            message = "rows can be divided by a column of a table or by an array of an .npz file; this data has neither"
            raise InputError(Problem(message, path="data.split"))
    if data.source.divides:
        _require_shares(data.split)
        return _divided(main, of_main)
    kept = slice(None) if usable is None else usable
    index, notes = split_rows(
        data.split,
        of_main,
        main.rows if usable is None else len(usable),
        None if labels is None else labels[kept],
        {column: main.extras[column][kept] for column in data.split.columns},
        lambda row: main.place(row if usable is None else int(usable[row])),
        main.time_order,
    )
    return {part: among(rows, usable) for part, rows in index.items()}, notes


def _require_shares(split: SplitConfig) -> None:
    """Raises InputError for a split of running text by anything but shares."""
    others = [part for part in PARTS if isinstance(getattr(split, part), Rows)]
    others += [name for name in ("fold", "group", "time", "column") if getattr(split, name)]
    others += ["stratify"] if split.stratify is True else []
    if others:
        message = (
            "running text is divided by position, the end for validation and test; give them as shares, such as 0.1"
        )
        raise InputError(*(Problem(message, path=f"data.split.{name}") for name in others))


def _divided(main: Outline, parts: Sequence[str]) -> tuple[dict[str, Index], list[str]]:
    """The parts that a source has made itself."""
    if len(parts) == 1:
        return {"train": slice(0, main.rows)}, []
    found = main.parts or {}
    if short := [part for part in parts if part not in found or found[part].start == found[part].stop]:
        raise InputError(
            Problem("would be empty: the text is too short for this share", main.where, f"data.split.{short[0]}")
        )
    return {part: found[part] for part in parts}, ["the end of the text is set apart for " + " and ".join(parts[1:])]


def _target_scaling(data: DataConfig) -> Scaling | None:
    """The scaling of numeric targets during training."""
    if data.target_scaling:
        return data.target_scaling
    if data.scaling and data.scaling.by_series and data.source.mixed_units:
        return data.scaling
    return Standard() if data.source.mixed_units else None


def _classes_alike(target: Target) -> list[str]:
    """Warnings about classes and labels that are probably the same."""
    names = target.classes or target.names
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(" ".join(name.casefold().split()), []).append(name)
    groups = [group for group in alike.values() if len(group) > 1]
    return [
        f"{_listed(group)} differ only in case or spaces; if they are the same, give them the same name"
        for group in groups[:LISTED]
    ]


def _missing_classes(target: Target, encoded: Mapping[str, np.ndarray]) -> list[str]:
    """Warnings about missing classes and labels; raises InputError if there is only one training class."""
    names, kind = target.classes or target.names, target.task
    warnings = []
    for part, of_part in encoded.items():
        counts = rows_of_classes(of_part, len(names)) if kind == "classes" else np.count_nonzero(of_part, axis=0)
        missing = [name for name, count in zip(names, counts, strict=True) if not count]
        if part == "train" and kind == "classes" and len(missing) == len(names) - 1:
            only = names[int(counts.argmax())]
            message = f"all rows to train on have the class {shown(only)}; are the rows in the order of their classes?"
            raise InputError(Problem(message, path="data.split"))
        if missing:
            count = f"{len(missing)} of the {len(names)} {TARGETS[kind]}"
            warnings.append(f"the {part} part has no row of {count}: {_listed(missing)}")
    return warnings


def _listed(names: Sequence[str]) -> str:
    return first_few([*map(shown, names)], LISTED)
