"""Tensors that were read, by the names that they have in a network of dltool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dltool.errors import InputError, Problem
from dltool.importing.flattening import channels_last
from dltool.importing.network import Tensor, Tensors, by_lengths
from dltool.ops.graph import Graph, Value


def scopes_of(graph: Graph) -> Mapping[str, Mapping[str, Value]]:
    """What a checkpoint holds of each part of a network, by the part's path, in the order of building."""
    scopes: dict[str, dict[str, Value]] = {}
    for value in graph.saved:
        path, _, name = value.name.rpartition(".")
        scopes.setdefault(path, {})[name] = value
    return scopes


def filled(graph: Graph, tensors: Iterable[Tensors], where: str, *, flattens_channels_first: bool) -> dict[str, Tensor]:
    """The tensors by the names of the network's parameters and states; raises InputError where shapes differ.

    `tensors` are those of each part of the network, in the order of building.
    """
    made: dict[str, Tensor] = {}
    problems: list[Problem] = []
    for (path, values), given in zip(scopes_of(graph).items(), tensors, strict=True):
        missing = [name for name in values if name not in given]
        problems += [Problem(f"the file has no {name} for it", where, f"layer {path}") for name in missing]
        for name, tensor in given.items():
            if name not in values or tensor.array.shape != values[name].shape:
                problems.append(Problem(_unlike(tensor, values.get(name)), where, tensor.name))
            else:
                made[f"{path}.{name}"] = tensor
    if problems:
        raise InputError(*problems)
    return channels_last(graph, made) if flattens_channels_first else made


def _unlike(tensor: Tensor, value: Value | None) -> str:
    if value is None:
        return "the layer has no place for it"
    return f"is {by_lengths(tensor.array.shape)}, and '{value.name}' is {by_lengths(value.shape)}"
