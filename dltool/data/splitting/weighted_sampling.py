"""Weighted sampling of rows: alias tables."""

from __future__ import annotations

import numpy as np

from dltool.config.experiment import TARGETS, Sampling
from dltool.data.readers.outline import Outline
from dltool.data.samples.samples import AliasTable
from dltool.data.splitting.partition import Partition
from dltool.data.splitting.row_weights import row_weights
from dltool.data.targets.class_names import rows_of_classes
from dltool.errors import InputError, Problem


def sampling_column(sampling: str | Sampling | None) -> tuple[str, ...]:
    """The column of the table that sampling needs, if any."""
    return (sampling.weights,) if isinstance(sampling, Sampling) and sampling.weights else ()


def alias_table(sampling: str | Sampling, partition: Partition, outline: Outline) -> AliasTable:
    """The table for the rows to train on, of the source with this outline; raises InputError for unfit weights."""
    if columns := sampling_column(sampling):
        _, index = partition.rows["train"]
        path = "train.sampling.weights"
        weights = row_weights(outline, columns[0], index, path=path, purpose="to train on")
        return AliasTable(*build_alias_table(weights))
    classes = partition.targets("train")
    if partition.target.task != "classes":
        held = TARGETS[partition.target.task]
        message = f"'balanced' draws every class equally often, the target holds {held}; give weights"
        raise InputError(Problem(message, path="train.sampling"))
    return AliasTable(*build_alias_table(1 / rows_of_classes(classes)[classes]))


def build_alias_table(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n,) float32 of keeping a uniformly drawn row, and aliases (n,) int32 to take otherwise.

    Rows are then drawn in proportion to their weights (n,): Walker's alias method, in the order of the sweep of
    Hübschle-Schneider and Sanders, Parallel Weighted Random Sampling, 2022: light rows, whose weight is below the mean,
    are filled up by heavy ones one after the other, and a heavy row that this leaves light by the next heavy one.
    """
    scaled = weights * (len(weights) / weights.sum())
    least = min(1.0, scaled.max())  # of a heavy row: rounding may leave all below 1
    light, heavy = np.flatnonzero(scaled < least), np.flatnonzero(scaled >= least)
    lacking = np.concatenate([[0.0], np.cumsum(1 - scaled[light])])  # by the light rows before each, and by all
    spare = np.cumsum(scaled[heavy] - 1)  # of the heavy rows up to each
    chances, others = np.ones(len(weights)), np.arange(len(weights))
    chances[light] = scaled[light]
    giver = np.searchsorted(spare, lacking[:-1], side="right")
    others[light] = heavy[np.minimum(giver, len(heavy) - 1)]
    # each heavy row but the last gives until it lacks something itself
    given = lacking[np.minimum(np.searchsorted(lacking, spare[:-1]), len(light))]
    chances[heavy[:-1]] = np.clip(1 + spare[:-1] - given, 0, 1)
    others[heavy[:-1]] = heavy[1:]
    return chances.astype(np.float32), others.astype(np.int32)
