"""Weights of rows, from a column of a table or an array: checked, for sampling and for the loss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.config.data import DataConfig
from dltool.data.readers.outline import Outline
from dltool.data.splitting.split import Index
from dltool.errors import InputError, Problem
from dltool.formatting import plural


def row_weights(outline: Outline, name: str, index: Index, *, path: str, purpose: str) -> np.ndarray:
    """The numbers (n,) float64 of a column or array for some rows; `purpose` says what these are for: "to train on".

    Raises InputError, with `path` in the config, unless each holds a weight of 0 or more and one is above 0.
    """
    if name not in outline.extras:
        message = "weights need a table with a column of weights, or an .npz file with an array of them"
        raise InputError(Problem(message, path=path))
    cells, named = outline.extras[name], f"{'column' if outline.columns else 'array'} '{name}'"
    if cells.dtype.kind not in "biuf":
        raise InputError(Problem(f"{named} holds no numbers, but weights must be numbers", outline.where, path))
    weights = np.ma.filled(cells.astype(np.float64), np.nan)
    chosen = weights[index]
    bad = np.flatnonzero(~(np.isfinite(chosen) & (chosen >= 0)))
    if bad.size:
        row = int(np.arange(outline.rows)[index][bad[0]])
        here = "has no value" if np.isnan(weights[row]) else f"holds {weights[row]:g}"
        others = f", and {plural(bad.size - 1, 'more row')} like it" if bad.size > 1 else ""
        message = f"{named} {here}{others}; every row {purpose} needs a weight of 0 or more"
        raise InputError(Problem(message, outline.place(row)))
    if not chosen.any():
        raise InputError(Problem(f"{named} is 0 in all rows {purpose}", outline.where, path))
    return chosen


def loss_weights(
    data: DataConfig, outlines: Mapping[str, Outline], rows: Mapping[str, tuple[str, Index]]
) -> dict[str, np.ndarray]:
    """How much each row of a source counts in the loss (rows,) float32, by source; those to train on average 1.

    `rows` are those of each part, with their source; others count 0. Empty where the config names no weights. Raises
    InputError with the problems of all parts.
    """
    found: dict[str, np.ndarray] = {}
    mean, problems = 1.0, []
    for part, (source, index) in rows.items():
        of_source = data.source if source == "train" else getattr(data, source)
        name = of_source.weight_name
        if name is None:
            continue
        path = (
            f"data.{of_source.yaml_name}.weight" if source == "train" else f"data.{source}.{of_source.yaml_name}.weight"
        )
        purpose = "to train on" if part == "train" else f"of the {part} part"
        try:
            weights = row_weights(outlines[source], name, index, path=path, purpose=purpose)
        except InputError as error:
            problems += error.problems
            continue
        if part == "train":
            mean = weights.mean()
        of_rows = found.setdefault(source, np.zeros(outlines[source].rows, np.float32))
        of_rows[index] = weights / mean
    if problems:
        raise InputError(*dict.fromkeys(problems))
    return found
