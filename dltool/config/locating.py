"""Positions in the config for problems found later, when data is opened or the network is built.

Such a problem has a path (`data.split`, or a layer by the name of its parameters, `residual_1.dense_2`); this module
finds the line of the config that it belongs to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dltool.config.document import read_document
from dltool.config.experiment import Experiment
from dltool.config.node import Node, path_steps, path_text
from dltool.config.node import Path as ConfigPath
from dltool.config.overrides import override
from dltool.config.reading import read_config
from dltool.errors import InputError, Problem


class Found(NamedTuple):
    """A value of the config."""

    path: ConfigPath
    node: Node


@contextmanager
def located(config: Path, overrides: Sequence[str]) -> Iterator[None]:
    """Adds positions in `config` to the problems of an InputError raised inside."""
    try:
        yield
    except InputError as error:
        if all(problem.where or not problem.path for problem in error.problems):
            raise
        root = read_document(read_config(config), str(config)).root
        override(root, Experiment, overrides)
        raise InputError(*(_placed(problem, root) for problem in error.problems)) from error


def _placed(problem: Problem, root: Node) -> Problem:
    if problem.where or not problem.path:
        return problem
    found = _by_keys(root, problem.path) or _by_layers(root, problem.path.split("."))
    return Problem(problem.message, str(found.node.key), path_text(found.path)) if found else problem


def _by_keys(root: Node, path: str) -> Found | None:
    """The value at a path of keys and indexes, or the deepest value on the path that the config has."""
    found = Found((), root)
    for step in path_steps(path):
        child = found.node.child(step)
        if child is None:
            break
        found = Found((*found.path, step), child)
    return found if found.path else None


def _by_layers(root: Node, scopes: Sequence[str]) -> Found | None:
    """The innermost layer on a path of layer names, as parameters are named."""
    model = root.child("model")
    layers = Found(("model",), model) if model else None
    innermost = None
    for scope in scopes:
        layer = _layer(layers, scope) if layers else None
        if layer:
            innermost = layer
            layers = _layers_of(layer)
        elif layers:
            layers = _branch(layers, scope)
    return innermost


def _layer(layers: Found, scope: str) -> Found | None:
    """The layer of a list with the name `scope`: its `name` field, or its kind and a number."""
    numbers: Counter[str] = Counter()
    for index, item in enumerate(layers.node.content if isinstance(layers.node.content, list) else []):
        path = (*layers.path, index)
        if isinstance(item.content, dict) and len(item.content) == 1:
            ((kind, fields),) = item.content.items()
            path = (*path, kind)
        else:
            kind, fields = str(item.content), item
        name = fields.child("name")
        if name is None or name.content is None:
            numbers[kind] += 1
        if scope == (name.content if name and name.content else f"{kind}_{numbers[kind]}"):
            return Found(path, fields)
    return None


def _layers_of(layer: Found) -> Found | None:
    """The list of layers, or of branches, inside a layer."""
    if isinstance(layer.node.content, list):
        return layer
    for key in ("layers", "branches"):
        if child := layer.node.child(key):
            return Found((*layer.path, key), child)
    return None


def _branch(layers: Found, scope: str) -> Found:
    """The list of one branch; repeated layers have one list for all repetitions."""
    number = scope.rpartition("_")[2]
    inner = layers.node.child(int(number) - 1) if number.isdecimal() else None
    if inner and isinstance(inner.content, list):
        return Found((*layers.path, int(number) - 1), inner)
    return layers
