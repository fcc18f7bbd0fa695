"""Writes a config, its data and its initial values to plain files, which the PyTorch process reads without dltool."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.experiment import Experiment
from dltool.config.loading import resolved
from dltool.data.dataset.opening import open_dataset
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature
from dltool.errors import InputError, Problem
from dltool.optimizers.optimizer import Optimizer
from dltool.program.building import build_network
from dltool.program.initial import initial_values
from dltool.registry import registered
from dltool.schedules.schedule import Horizon
from dltool.training.batching import Batching
from dltool.training.single_rows import without_single_row

#: updates with a learning rate of their own; later ones keep the last rate, as few measurements run that long
RATES = 20_000


def write_exchange(experiment: Experiment, data_folders: Sequence[Path], folder: Path) -> None:
    """Write everything that `bench.pytorch.recipe` reads into an empty folder."""
    dataset = open_dataset(experiment.data, data_folders)
    train, part = experiment.train, dataset.parts["train"]
    if not isinstance(part, Samples):
        raise InputError(
            Problem("the comparison with PyTorch needs all data in memory; use a larger limit", path="data.memory")
        )
    if experiment.data.source.weight_name:
        path = f"data.{experiment.data.source.yaml_name}.weight"
        raise InputError(Problem("the comparison with PyTorch does not weigh rows; leave it out", path=path))
    if experiment.freeze:
        raise InputError(
            Problem("the comparison with PyTorch does not support frozen parameters; remove freeze", path="freeze")
        )
    batching = Batching.of(train, len(part))
    network = build_network(experiment, dataset.signature, training=True, rows=batching.largest_batch)
    batching, graph = without_single_row(batching, network), network.graph
    features, codes, target = _inputs(network.inputs(part), dataset.signature)
    np.save(folder / "features.npy", features)
    np.save(folder / "codes.npy", codes)
    np.save(folder / "target.npy", target)
    arrays = dict(initial_values(graph.values.values(), train.seed))
    np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)
    optimizer = experiment.optimizer
    plain = resolved(experiment)
    recipe = {
        "model": plain["model"],
        "loss": plain["loss"],
        "optimizer": plain["optimizer"],
        "compat": experiment.compat,
        "outputs": graph.outputs,
        "vocabulary": _vocabulary(dataset.signature),
        "tokens": dataset.signature.task == "tokens",
        "norms": {kind: _defaults(kind, experiment.compat) for kind in ("layer_norm", "rms_norm")},
        "codes": [asdict(field) for field in dataset.signature.codes if not field.sequence],
        "decayed": [value.name for value in graph.parameters() if value.decay or optimizer.decay_biases],
        "clip": plain["train"]["clip"],
        "average": train.ema_decay,
        "rates": _rates(experiment, optimizer, batching),
        "seed": train.seed,
        "updates": _updates(batching),
    }
    (folder / "recipe.json").write_text(json.dumps(recipe))


def _inputs(data: Mapping[str, np.ndarray], signature: Signature) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, codes and targets as PyTorch takes them; the only sequence is the features, padded with −1."""
    features, codes = data["features"], data["codes"].astype(np.int64)
    if signature.task == "tokens":  # a padded token predicts nothing, so that any token may stand in its place
        block = features.astype(np.int64)
        return np.maximum(block[:, :-1], 0), codes, block[:, 1:]
    if signature.feature_dtype == "int32":
        return features.astype(np.int64), codes, data["target"]
    if any(field.sequence for field in signature.codes):
        return codes, codes, data["target"]
    return _as_floats(features, signature), codes, data["target"]


def _as_floats(features: np.ndarray, signature: Signature) -> np.ndarray:
    """Features as float32; bytes are scaled in advance, so that PyTorch has less work in a step."""
    if signature.feature_dtype == "float32":
        return features
    offset = 0 if signature.offset is None else signature.offset
    factor = 1 if signature.factor is None else signature.factor
    return ((features - np.float32(offset)) * np.float32(factor)).astype(np.float32)


def _rates(experiment: Experiment, optimizer: Optimizer, batching: Batching) -> list[float]:
    """The learning rate of each update, or a single one if it is constant."""
    horizon = Horizon(batching.updates, experiment.train.epochs)
    steps = np.arange(min(horizon.steps, RATES))
    rates = optimizer.lr * experiment.schedule.multiplier(steps, horizon)
    return rates.tolist() if np.ptp(rates) else [float(rates[0])]


def _updates(batching: Batching) -> list[list[tuple[int, int]]]:
    """(first sample, number of samples) of each micro-batch, grouped by update."""
    plan = batching.plan(np.zeros((batching.updates, 1)), first_update=0, epoch=0, step=0)
    spans = list(zip(plan.position.tolist(), plan.rows.tolist(), strict=True))
    cuts = [*np.flatnonzero(plan.first).tolist(), len(plan)]
    return [spans[start:end] for start, end in pairwise(cuts)]


def _vocabulary(signature: Signature) -> int | None:
    """The number of different integers that the only sequence holds; None where it is not known."""
    if signature.task == "tokens" and signature.classes:
        return len(signature.classes)
    return next((field.size for field in signature.codes if field.sequence), None)


def _defaults(kind: str, compat: str | None) -> dict[str, Any]:
    """The fields of a layer that is part of another one."""
    return registered("layer")[kind].model_validate({}, context={"compat": compat}).model_dump()
