"""A checkpoint opened to be exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from dltool.config.experiment import Experiment
from dltool.config.loading import from_resolved
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.samples.signature import Signature
from dltool.errors import InputError, Problem
from dltool.export.network import TrainedNetwork
from dltool.program.building import Network, build_network
from dltool.training.checkpoint import Checkpoint
from dltool.training.counters import Counters
from dltool.training.decision import deciding_signature

#: multiplications and additions that trying an export may take, and the samples that it is tried with at most
WORK, MOST_TRIED = 200_000_000, 16


@dataclass(frozen=True)
class Trained:
    """What a checkpoint holds of a trained network; averaged parameters, where there are any."""

    experiment: Experiment
    preprocessing: Preprocessing
    signature: Signature
    arrays: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, checkpoint: Checkpoint, path: Path) -> Trained:
        """Raises InputError for a checkpoint without some parameter of its network."""
        preprocessing = Preprocessing.from_json(checkpoint.preprocessing)
        arrays = {name: checkpoint.arrays.get(f"{name}.average", one) for name, one in checkpoint.arrays.items()}
        experiment, counters = _in_float32(from_resolved(checkpoint.config)), Counters.from_arrays(checkpoint.trainer)
        signature = deciding_signature(preprocessing.signature({}), experiment, counters)
        trained = cls(experiment, preprocessing, signature, arrays)
        if missing := [value.name for value in trained.network(1).graph.saved if value.name not in arrays]:
            message = f"lacks tensors that the network in its config needs: {', '.join(missing)}"
            raise InputError(Problem(message, where=str(path)))
        return trained

    @cached_property
    def tried(self) -> int:
        """How many samples an export is tried with: at least two, of a large network no more."""
        flops = sum(node.op.flops(node) for node in self.network(1).graph.nodes)
        return max(2, min(MOST_TRIED, WORK // max(1, flops)))

    def network(self, rows: int | None = None) -> Network:
        """The evaluation network as its layers describe it; by default for the samples that an export is tried with."""
        return build_network(self.experiment, self.signature, training=False, rows=rows or self.tried, lower=False)

    def forward(self, *, fold: bool) -> TrainedNetwork:
        """The network with its parameters; `fold` makes normalizations part of the products before them."""
        return TrainedNetwork(self.network(), self.arrays, fold=fold)


def _in_float32(experiment: Experiment) -> Experiment:
    """The same with products of float32: other programs choose the precision that they compute with."""
    train = experiment.train.model_copy(update={"precision": "float32"})
    return experiment.model_copy(update={"train": train})
