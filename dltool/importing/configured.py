"""Files that hold nothing but tensors, for a network that a config describes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dltool.config.experiment import Experiment
from dltool.config.loading import dump_yaml, from_resolved
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.errors import InputError, Problem
from dltool.importing.flattening import channels_last
from dltool.importing.imported import Imported
from dltool.importing.keras.archive import read_weights
from dltool.importing.keras.tensors import groups_of_tensors, groups_of_weights
from dltool.importing.keras.tensors import translate as from_keras
from dltool.importing.matching import Group, Match, Translate, match
from dltool.importing.samples import preprocessing_of_data
from dltool.importing.torch.tensors import groups as groups_of_torch
from dltool.importing.torch.tensors import translate as from_torch
from dltool.layouts import CONFIG, PREPROCESSING
from dltool.ops.graph import Graph
from dltool.program.building import build_network
from dltool.training.checkpoint import read_tensors
from dltool.training.matching import some


@dataclass(frozen=True)
class Described:
    """A network of dltool, to be filled."""

    text: str  # of its config
    experiment: Experiment
    preprocessing: Preprocessing
    folders: Sequence[Path] = ()  # that relative paths in the config start from


@dataclass(frozen=True)
class HeldTensors:
    """The tensors of a file in groups, and how they become those of layers."""

    groups: Sequence[Group]
    translate: Translate
    channels_first: bool = False  # where values are flattened
    described: Described | None = None  # what the file says of its network


def read_held(path: Path) -> HeldTensors:
    """The tensors of a .safetensors or .weights.h5 file; raises InputError for others."""
    if path.suffix == ".h5":
        return HeldTensors(groups_of_weights(read_weights(path)), from_keras)
    arrays, metadata = read_tensors(path)
    if metadata.get("format") == "dltool":
        raise InputError(Problem("is a checkpoint of dltool: use it as it is", str(path)))
    described = _said(metadata, path)
    if any("/" in name for name in arrays):
        return HeldTensors(groups_of_tensors(arrays), from_keras, described=described)
    return HeldTensors(groups_of_torch(arrays), from_torch, described is None, described)


def describe(text: str, experiment: Experiment, folders: Sequence[Path]) -> Described:
    """The network of a config; raises InputError where its data cannot be read."""
    if experiment.init_from:
        raise InputError(Problem("the tensors of the file take its place; leave it out", path="init_from"))
    return Described(text, experiment, preprocessing_of_data(experiment, folders), folders)


def fill(path: Path, held: HeldTensors, network: Described, rename: Mapping[str, str], name: str = "") -> Imported:
    """A network with the tensors of a file; raises InputError for everything without counterpart."""
    signature = network.preprocessing.signature({})
    graph = build_network(network.experiment, signature, training=False, rows=1, lower=False).graph
    found = match(graph, held.groups, held.translate, rename, str(path))
    tensors, notes = found.tensors, []
    if held.channels_first:
        turned = channels_last(graph, tensors)
        if not _is_of_dltool(found, graph):
            tensors = turned
        elif any(turned[name] is not tensors[name] for name in tensors):
            notes.append("its names are those that dltool export gives: values are flattened with their channels last")
    if found.by_order:
        notes.append(
            f"{some(found.by_order)}: fit several modules, and were matched in the order of the modules' names:"
            " look at the table; --rename MODULE=LAYER says otherwise"
        )
    return Imported(
        network.text,
        network.experiment,
        network.preprocessing,
        tensors,
        notes=notes,
        folders=network.folders,
        name=name,
    )


def _said(metadata: Mapping[str, str], path: Path) -> Described | None:
    """The network that `dltool export` has described in the file."""
    if CONFIG not in metadata:
        return None
    try:
        config = json.loads(metadata[CONFIG])
        preprocessing = Preprocessing.from_json(json.loads(metadata[PREPROCESSING]))
    except (ValueError, KeyError, TypeError):
        raise InputError(
            Problem("what dltool export says in it is damaged; name the config: --config", str(path))
        ) from None
    return Described(dump_yaml({**config, "init_from": None}), from_resolved(config), preprocessing)


def _is_of_dltool(found: Match, graph: Graph) -> bool:
    """Whether all names are those that `dltool export` gives where a config gives none, such as "dense_1.weight"."""
    paths = (layer.path.rpartition(".")[2] for layer in graph.layers)
    return found.all_by_name and all(path.rpartition("_")[2].isdecimal() for path in paths)
