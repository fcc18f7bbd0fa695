"""A network of another program as one of dltool, before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.experiment import Experiment
from dltool.config.loading import resolved
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.importing.network import Tensor
from dltool.importing.samples import Arrays
from dltool.training.checkpoint import Checkpoint
from dltool.training.counters import Counters


@dataclass(frozen=True)
class Imported:
    """A network of dltool, and where its arrays come from."""

    config: Mapping[str, Any] | str  # as a user would write it, or has written it
    experiment: Experiment
    preprocessing: Preprocessing
    tensors: Mapping[str, Tensor]  # by their names in dltool
    arrays: Arrays | None = None  # what the user is to name in the config
    notes: Sequence[str] = ()
    name: str = ""  # of runs, where the config has none
    folders: Sequence[Path] = ()  # that relative paths in the config start from

    def checkpoint(self) -> Checkpoint:
        """What `predict`, `eval`, `export` and further training need; no step has been trained."""
        classes = self.preprocessing.target.classes
        return Checkpoint(
            config=resolved(self.experiment),
            folders=list(dict.fromkeys(str(folder.resolve()) for folder in (*self.folders, Path()))),
            preprocessing=self.preprocessing.as_json(),
            classes=list(classes) if classes else None,
            fingerprint="",
            arrays={
                name: np.ascontiguousarray(tensor.array, dtype=np.float32) for name, tensor in self.tensors.items()
            },
            trainer=Counters().arrays(),
        )
