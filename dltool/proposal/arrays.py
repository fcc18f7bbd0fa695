"""Proposals for samples that are arrays: NumPy archives, IDX files, images, labelled series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, cast

import numpy as np

from dltool.config.experiment import Task
from dltool.data.quoting import plural
from dltool.data.sources.source import Outline, Request, Source
from dltool.data.targets import Target, encode, understand
from dltool.errors import InputError, Problem
from dltool.proposal import recipe
from dltool.proposal.division import divide
from dltool.proposal.entry import Entry
from dltool.proposal.proposal import Proposal, Wishes
from dltool.proposal.recipe import Facts
from dltool.registry import registered

#: fields of a source, by its part
Fields = Mapping[str, Mapping[str, Any]]


def propose_arrays(source: str, parts: Fields, wishes: Wishes, *, scaling: bool = True) -> Proposal:
    """The proposal for sources of one kind, with these fields for each part."""
    if wishes.target:
        message = f"--target names a column of a table, and this is {NAMED[source]}: its targets are known"
        raise InputError(Problem(message))
    fields = {part: _with_task(given, wishes.task) for part, given in parts.items()}
    outline = _outline(source, fields["train"])
    target, notes = understand(outline)
    shares = _shares(outline, target)
    division = divide(outline.rows, fields, target.task)
    shape = outline.feature_shape
    facts = Facts(
        target.task, rows=round(outline.rows * division.train), classes=shares, images=prod(shape) > 1, shape=shape
    )
    data = [Entry(source, [Entry(key, value) for key, value in fields["train"].items()])]
    for part in ("validation", "test"):
        if part in fields:
            data.append(Entry(part, [Entry(source, [Entry(key, value) for key, value in fields[part].items()])]))
    if outline.feature_dtype == "float32" and scaling:
        data.append(Entry("scaling", "standard", "every feature gets mean 0 and standard deviation 1"))
    data += [division.entry] if division.entry else []
    sizes = " × ".join(map(str, shape))
    what = f"{len(shares)} classes" if target.task == "classes" else target.task
    return Proposal(
        title=f"Predicts {what} from {sizes} {'bytes' if outline.feature_dtype == 'uint8' else 'numbers'} of {outline.where}.",
        entries=[Entry("data", data), Entry("model", recipe.model(facts)), *recipe.training(facts)],
        inferred=[
            ("data", f"{outline.rows:,} samples of {sizes}" + "".join(f"; {part} apart" for part in fields if part != "train")),
            ("task", f"{what}{recipe.listed(shares)}"),
            *([("split", division.entry.comment)] if division.entry else []),
            *recipe.summary(facts),
        ],
        warnings=notes,
    )
