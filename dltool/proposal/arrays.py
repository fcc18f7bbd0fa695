"""Proposals for samples that are arrays: NumPy files, IDX files, images, labeled series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dltool.data.readers.outline import Outline
from dltool.data.targets.class_names import is_one_hot
from dltool.data.targets.target import Target, encode, understand
from dltool.errors import InputError, Problem
from dltool.findings import note
from dltool.proposal.assembly import assemble
from dltool.proposal.division import divide
from dltool.proposal.entry import Entry
from dltool.proposal.looking import look
from dltool.proposal.proposal import Proposal, Wishes
from dltool.proposal.recipe import Facts, listed
from dltool.proposal.recognition import Found


def propose_arrays(found: Found, wishes: Wishes) -> Proposal:
    """The proposal for sources of one kind; raises InputError where they cannot be read."""
    if wishes.target:
        raise InputError(Problem("--target names a column of a table; this data has no columns"))
    seen = look(found)
    outline = seen.outlines["train"]
    several = len(outline.targets) > 1 and outline.task == "auto"
    task = wishes.task or ("classes" if several and is_one_hot(outline) else None)
    target, notes = understand(replace(outline, task=task or outline.task))
    for part, other in seen.outlines.items():
        encode(other, target)  # raises for classes that the training part does not have
        if _samples(other) != _samples(outline):
            message = (
                f"samples of the {part} part are {_samples(other)}, but the training samples are {_samples(outline)}"
            )
            raise InputError(Problem(message, other.where))
    fields = seen.fields
    if task and outline.task == "auto":
        fields = {part: {**given, "task": task} for part, given in fields.items()}
    shares = _shares(outline, target)
    division = divide(outline.rows, fields, target.task)
    shape, rows = outline.feature_shape, round(outline.rows * division.train)
    pixels = len(shape) > 1 or outline.feature_dtype == "uint8"
    facts = Facts(target.task, rows, shares, pixels=pixels, shape=shape, image=seen.image, padded=outline.padded)
    samples = _samples(outline)
    what = f"{len(shares)} classes" if target.task == "classes" else target.task
    apart = "".join(f"; separate {part} part" for part in fields if part != "train")
    return assemble(
        f"Predicts {what} from {samples} of {outline.where}.",
        [*_sources(found.kind, fields), *_scaling(outline)],
        division,
        facts,
        [
            ("data", f"{outline.rows:,} samples of {samples}{apart}"),
            *([("axes", seen.axes)] if seen.axes else []),
            ("task", f"{what}{listed(shares)}"),
        ],
        [*seen.findings, *map(note, [*found.notes, *notes])],
    )


def _samples(outline: Outline) -> str:
    """The form of a sample, such as "28 × 28 bytes"."""
    kind = "bytes" if outline.feature_dtype == "uint8" else "numbers"
    return f"{' × '.join(map(str, outline.feature_shape))} {kind}"


def _sources(kind: str, fields: Mapping[str, Mapping[str, Any]]) -> list[Entry]:
    """The source of every part, the training part first."""
    why = {"length": "shorter series of all parts are padded to it"}
    entries = {
        part: [Entry(key, value, why.get(key, "")) for key, value in given.items()] for part, given in fields.items()
    }
    others = [Entry(part, [Entry(kind, entries[part])]) for part in ("validation", "test") if part in entries]
    return [Entry(kind, entries["train"]), *others]


def _scaling(outline: Outline) -> list[Entry]:
    if outline.feature_dtype == "uint8":
        return [Entry("scaling", {"divide": 255}, "bytes stay bytes in memory")]
    return [Entry("scaling", "standard", "mean 0, standard deviation 1")]


def _shares(outline: Outline, target: Target) -> dict[str, float]:
    """Each class and its share of the rows, the most frequent first."""
    if not target.classes:
        return {}
    counts = np.bincount(encode(outline, target), minlength=len(target.classes))
    shares = dict(zip(target.classes, (counts / counts.sum()).tolist(), strict=True))
    return dict(sorted(shares.items(), key=lambda share: -share[1]))
