"""The samples that an imported network takes: arrays as its file says, until the user names data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.experiment import Experiment, Task
from dltool.data.dataset.opening import opened
from dltool.data.preprocessing.features import ArrayPreparation
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.scaling.scaling import Scale
from dltool.data.targets.target import Target
from dltool.importing.network import Source
from dltool.proposal.proposal import Wishes
from dltool.proposal.proposing import propose

#: the file that stands in a config until the user names another, and its array of targets
PLACEHOLDER, TARGETS = "data.npz", "y"


def block_of_arrays(source: Source, task: Task) -> Mapping[str, Any]:
    """The data block of a config for arrays as the network takes them, in a file that the user has yet to name."""
    archive = {"path": PLACEHOLDER, "task": task}
    if source.channels_first:
        archive["axes"] = "channels_first"
    return {"npz": archive, "scaling": _scaling(source)}


def block_of_data(data: str, target: Sequence[str], task: Task | None, source: Source) -> Mapping[str, Any]:
    """The data block for data that the user names, read as `dltool init` would, but not scaled: the network is not
    trained on scaled numbers."""
    block = dict(propose(data, Wishes(tuple(target), task)).config["data"])
    return {**block, "scaling": _scaling(source)}


def preprocessing_of_arrays(source: Source, task: Task, outputs: int, *, binary: bool) -> Preprocessing:
    """What prepares such arrays; nothing is known of the rows that the network was trained on."""
    scale = Scale(np.zeros(()), np.array(1 / source.divisor)) if source.divisor != 1 else None
    one = task == "classes" or outputs == 1
    names = (TARGETS,) if one else tuple(f"{TARGETS}_{i}" for i in range(outputs))
    classes = tuple(map(str, range(2 if binary else outputs))) if task == "classes" else None
    return Preprocessing(ArrayPreparation(source.shape, "float32", scale), Target(task, names, classes, rows=1))


def preprocessing_of_data(experiment: Experiment, folders: Sequence[Path]) -> Preprocessing:
    """What prepares the data that a config names, fitted to its training part."""
    with opened(experiment.data, folders) as (_, _, preprocessing, _):
        return preprocessing


@dataclass(frozen=True)
class Arrays:
    """The shapes of the arrays that a user is to give, in words."""

    source: Source
    outputs: int  # numbers of a target; 1 for a class

    def __str__(self) -> str:
        shape = self.source.shape
        first = (shape[-1], *shape[:-1]) if self.source.channels_first else shape
        targets = f"{TARGETS} (n,)" if self.outputs == 1 else f"{TARGETS} (n, {self.outputs})"
        return f"x (n, {', '.join(map(str, first))}) and {targets}"


def _scaling(source: Source) -> Any:
    return "none" if source.divisor == 1 else {"divide": source.divisor}
