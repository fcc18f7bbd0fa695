"""From a network that was read to one of dltool: its config, and the arrays of its checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from dltool.config.experiment import Task
from dltool.config.loading import from_mapping
from dltool.errors import InputError
from dltool.importing.description import described, shortest
from dltool.importing.filling import filled
from dltool.importing.imported import Imported
from dltool.importing.meaning import Meaning, meaning_of, with_named_outputs
from dltool.importing.network import ReadNetwork
from dltool.importing.samples import (
    Arrays,
    block_of_arrays,
    block_of_data,
    preprocessing_of_arrays,
    preprocessing_of_data,
)
from dltool.importing.structure import Part, nested, tensors_of
from dltool.importing.trial import require_alike
from dltool.layers.layer import Layers, build_layers
from dltool.ops.graph import Graph
from dltool.program.building import build_network


@dataclass(frozen=True)
class Wishes:
    """What the user says, besides the file."""

    name: str  # of runs
    data: str | None = None  # as for `dltool init`
    target: Sequence[str] = ()
    task: Task | None = None


def build(read: ReadNetwork, path: Path, wishes: Wishes) -> Imported:
    """The network of a file; raises InputError with everything that has no counterpart."""
    layers = nested(read.steps, read.output, str(path))
    outputs = _outputs(layers, read, str(path))
    meaning = meaning_of(layers, read, wishes.task)
    binary = meaning.loss == "binary_cross_entropy" and meaning.task == "classes"
    if meaning.task == "multilabel" and outputs == 1 and wishes.task is None:  # one sigmoid tells two classes apart
        meaning, binary = replace(meaning, task="classes"), True
    named = meaning.layers if binary else with_named_outputs(meaning.layers, outputs, _units(meaning))
    data = (
        block_of_data(wishes.data, wishes.target, wishes.task, read.source)
        if wishes.data
        else block_of_arrays(read.source, meaning.task)
    )
    config = {
        "name": wishes.name,
        **({"compat": read.compat} if read.compat else {}),
        "data": data,
        "model": [described(part, read.compat) for part in named],
        "loss": meaning.loss,
        "optimizer": _optimizer(read),
        "metrics": ["mae"] if meaning.task == "numbers" else ["accuracy"],
        "train": {"epochs": 10, "batch_size": 32},
    }
    experiment = from_mapping(config)
    preprocessing = (
        preprocessing_of_data(experiment, [Path()])
        if wishes.data
        else preprocessing_of_arrays(read.source, meaning.task, outputs, binary=binary)
    )
    network = build_network(experiment, preprocessing.signature({}), training=False, rows=1, lower=False)
    tensors = filled(
        network.graph,
        tensors_of(meaning.layers),
        str(path),
        flattens_channels_first=read.flattens_channels_first,
    )
    arrays = None if wishes.data else Arrays(read.source, 1 if meaning.task == "classes" else outputs)
    notes = [*read.notes, *([_GUESSED] if meaning.guessed else [])]
    imported = Imported(config, experiment, preprocessing, tensors, arrays, notes)
    if read.trial:
        require_alike(imported, read.trial, path, scores=not meaning.stripped)
    return imported


_GUESSED = (
    "the file does not say what its outputs mean: they are taken as numbers; if they are scores of classes: --task"
    " classes"
)


def _optimizer(read: ReadNetwork) -> Any:
    if not read.optimizer:
        return {"adam": {"lr": 0.001}}
    ((name, fields),) = read.optimizer.items()
    lr = {"lr": fields["lr"]} if "lr" in fields else {}  # where a user looks first
    short = shortest("optimizer", name, fields, read.compat)
    others = next(iter(short.values())) if isinstance(short, dict) else {}
    return {name: {**lr, **(others if isinstance(others, dict) else {})}}


def _units(meaning: Meaning) -> str:
    return "classes" if meaning.task == "classes" else "targets"


def _outputs(layers: Sequence[Part], read: ReadNetwork, where: str) -> int:
    """How many numbers the network gives; raises InputError where layers do not fit each other."""
    graph = Graph(training=False, compat=read.compat)
    x = graph.data("features", read.source.shape)
    model = TypeAdapter(Layers).validate_python(
        [described(part, read.compat) for part in layers], context={"compat": read.compat}
    )
    try:
        return build_layers(graph, model, x).spec.size
    except InputError as error:
        raise InputError(*(replace(problem, where=where) for problem in error.problems)) from None
