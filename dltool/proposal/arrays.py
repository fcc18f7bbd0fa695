"""Proposals for samples that are arrays: NumPy files, IDX files, images, labelled series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from dltool.data.labels import is_one_hot
from dltool.data.sources.source import Outline, Request, Source
from dltool.data.targets import Target, encode, understand
from dltool.errors import InputError, Problem
from dltool.findings import note
from dltool.proposal.archives import npy_fields, npz_fields
from dltool.proposal.assembly import assemble
from dltool.proposal.division import divide
from dltool.proposal.entry import Entry
from dltool.proposal.pictures import image_fields
from dltool.proposal.proposal import Proposal, Wishes
from dltool.proposal.recipe import Facts, listed
from dltool.proposal.recognition import Found
from dltool.registry import registered


def propose_arrays(found: Found, wishes: Wishes) -> Proposal:
    """The proposal for sources of one kind; raises InputError where they cannot be read."""
    if wishes.target:
        raise InputError(Problem("--target names a column of a table; here it is clear what the targets are"))
    fields = _fields(found)
    outline = _outline(found.kind, fields["train"])
    several = len(outline.targets) > 1 and outline.task == "auto"
    task = wishes.task or ("classes" if several and is_one_hot(outline) else None)
    target, notes = understand(replace(outline, task=task or outline.task))
    if task and outline.task == "auto":
        fields = {part: {**given, "task": task} for part, given in fields.items()}
    shares = _shares(outline, target)
    division = divide(outline.rows, fields, target.task)
    shape, rows = outline.feature_shape, round(outline.rows * division.train)
    pixels = len(shape) > 1 or outline.feature_dtype == "uint8"
    image = outline.feature_dtype == "uint8" and len(shape) in (2, 3)
    facts = Facts(target.task, rows, shares, pixels=pixels, shape=shape, image=image)
    sizes = " × ".join(map(str, shape))
    what = f"{len(shares)} classes" if target.task == "classes" else target.task
    kind = "bytes" if outline.feature_dtype == "uint8" else "numbers"
    apart = "".join(f"; {part} apart" for part in fields if part != "train")
    return assemble(
        f"Predicts {what} from {sizes} {kind} of {outline.where}.",
        [*_sources(found.kind, fields), *_scaling(outline)],
        division,
        facts,
        [("data", f"{outline.rows:,} samples of {sizes} {kind}{apart}"), ("task", f"{what}{listed(shares)}")],
        [note(text) for text in notes],
    )


def _fields(found: Found) -> Mapping[str, dict[str, Any]]:
    """The fields of the source of each part."""
    match found.kind:
        case "npz":
            given = {part: npz_fields(paths[0]) for part, paths in found.parts.items()}
            apart = {part: fields["train"] for part, fields in given.items() if part != "train"}
            return {**given["train"], **apart}
        case "npy":
            return {part: npy_fields(paths[0]) for part, paths in found.parts.items()}
        case "idx":
            return {part: {"images": paths[0], "labels": paths[1]} for part, paths in found.parts.items()}
        case "images":
            return image_fields({part: paths[0] for part, paths in found.parts.items()})
    return {part: {"path": paths[0]} for part, paths in found.parts.items()}


def _outline(kind: str, fields: Mapping[str, Any]) -> Outline:
    source = cast(Source, registered("source")[kind].model_validate(fields))
    with source.open([], Request()) as reader:
        return reader.outline


def _sources(kind: str, fields: Mapping[str, Mapping[str, Any]]) -> list[Entry]:
    """The source of every part, that of the training first."""
    entries = {part: [Entry(key, value) for key, value in given.items()] for part, given in fields.items()}
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
