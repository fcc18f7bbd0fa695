"""Models of Keras 3, sequential and functional ones, and models inside of models."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.experiment import Task
from dltool.errors import InputError, Problem, did_you_mean
from dltool.importing.keras.archive import Weights, read_archive
from dltool.importing.keras.layers.layer import TABLE, KerasLayer, Translate
from dltool.importing.keras.names import snake_case
from dltool.importing.network import Merge, Problems, ReadNetwork, Source, Step, Unknown
from dltool.importing.structure import INPUT

_MERGES = {"Add": Merge("add"), "Concatenate": Merge("concat")}
_MODELS = ("Sequential", "Functional", "Model")
#: losses, with the task that they say
_LOSSES: Mapping[str, tuple[Task, str]] = {
    "sparse_categorical_crossentropy": ("classes", "cross_entropy"),
    "categorical_crossentropy": ("classes", "cross_entropy"),
    "binary_crossentropy": ("multilabel", "binary_cross_entropy"),
    "mse": ("numbers", "mse"),
    "mean_squared_error": ("numbers", "mse"),
    "mae": ("numbers", "mae"),
    "mean_absolute_error": ("numbers", "mae"),
    "huber": ("numbers", "huber"),
}
#: optimizers, with what their numbers are called here
_OPTIMIZERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Adam": ("adam", {"beta_1": "beta1", "beta_2": "beta2", "epsilon": "epsilon"}),
    "AdamW": ("adamw", {"weight_decay": "weight_decay", "beta_1": "beta1", "beta_2": "beta2", "epsilon": "epsilon"}),
    "SGD": ("sgd", {"momentum": "momentum", "nesterov": "nesterov"}),
    "RMSprop": ("rmsprop", {"rho": "rho", "epsilon": "epsilon"}),
}


def read_keras(path: Path, shape: tuple[int, ...] | None = None) -> ReadNetwork:
    """The network of a .keras file; raises InputError with everything that has no counterpart.

    `shape` is that of a sample, where the file leaves it open.
    """
    config, weights = read_archive(path)
    reading = _Reading(str(path), weights, shape)
    try:
        output = reading.model(config, "", INPUT, first=True)
        loss = _loss(config.get("compile_config") or {})
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        message = f"not a config that Keras 3 writes: {type(error).__name__} {error}"
        raise InputError(Problem(message, str(path))) from None
    if reading.problems.found:
        raise InputError(*reading.problems.found)
    task, name = loss or (None, None)
    assert reading.source is not None
    optimizer = _optimizer(config.get("compile_config") or {})
    return ReadNetwork(
        "keras", reading.source, reading.steps, output, task=task, loss=name, optimizer=optimizer, notes=reading.notes
    )


class _Reading:
    """Steps that are being collected from a model and from those inside of it."""

    def __init__(self, where: str, weights: Weights, given: tuple[int, ...] | None):
        self.steps: dict[str, Step] = {}
        self.problems = Problems(where)
        self.source: Source | None = None
        self.notes: list[str] = []
        self._weights = weights
        self._given = given

    def model(self, config: Mapping[str, Any], path: str, given: str, *, first: bool = False) -> str:
        """The name of the step that gives the output of a model, whose weights are at a path."""
        if config["class_name"] not in _MODELS:
            hint = "only Sequential and functional models name their layers"
            raise InputError(Problem(f"is a {config['class_name']}; {hint}", self.problems.where))
        layers = config["config"]["layers"]
        if first:
            self._find_source(config, layers)
        sequential = config["class_name"] == "Sequential"
        made: dict[str, str] = {}
        previous = given
        for layer, below in zip(layers, _paths(layers, path), strict=True):
            name = layer["config"]["name"]
            takes = [previous] if sequential else [made[each] for each in self._inbound(layer)]
            previous = made[name] = self._layer(layer, below, takes or [given])
        return previous if sequential else made[_only(config["config"]["output_layers"], "outputs")]

    def _layer(self, layer: Mapping[str, Any], path: str, takes: Sequence[str]) -> str:
        kind, name = layer["class_name"], layer["config"]["name"]
        if kind in _MODELS:
            return self.model(layer, path, takes[0])
        while name in self.steps:
            name += "_again"
        try:
            made = self._made(layer, path)
        except Unknown as unknown:
            self.problems.add(f"{kind} '{name}'", unknown)
            made = []
        if kind == "Rescaling" and takes == [INPUT]:
            return INPUT
        if not isinstance(made, Merge) and len(takes) != 1:
            self.problems.add(f"{kind} '{name}'", "takes several values, and has no counterpart")
        self.steps[name] = Step(name, tuple(takes), made)
        return name

    def _made(self, layer: Mapping[str, Any], path: str) -> Sequence[Any] | Merge:
        kind, config = layer["class_name"], layer["config"]
        if kind in _MERGES:
            if config.get("axis", -1) != -1:
                shape = (layer.get("build_config") or {}).get("input_shape") or [[]]
                if config["axis"] != len(shape[0]) - 1:
                    raise Unknown(f"axis: {config['axis']} has no counterpart; only the last one")
            return _MERGES[kind]
        if kind == "Rescaling":
            return self._rescaling(config)
        table = _table()
        if kind not in table:
            raise Unknown(f"has no counterpart; {did_you_mean(kind, [*table, *_MERGES])}")
        shape = (layer.get("build_config") or {}).get("input_shape")
        return table[kind](KerasLayer({**config, "input_shape": shape}, self._weights, path))

    def _rescaling(self, config: Mapping[str, Any]) -> Sequence[Any]:
        if self.steps or np.any(config["offset"]) or np.ndim(config["scale"]) or self.source is None:
            raise Unknown("has a counterpart only as the first layer, without an offset: data.scaling: {divide: …}")
        self.source = Source(self.source.shape, divisor=round(1 / config["scale"], 9))
        return []

    def _find_source(self, config: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> None:
        inputs = [layer for layer in layers if layer["class_name"] == "InputLayer"]
        if len(inputs) > 1:
            raise InputError(Problem(f"takes {len(inputs)} inputs; networks of dltool take one", self.problems.where))
        held = inputs[0]["config"].get("batch_shape") if inputs else None
        shape = (held or (config.get("build_config") or {}).get("input_shape") or [None, None])[1:]
        given = self._given or shape
        if (len(given) != len(shape) and shape != [None]) or None in given:
            message = f"its input is of the shape {_open(shape)}; give that of a sample in numbers: --shape 32,32,3"
            raise InputError(Problem(message, self.problems.where))
        self.source = Source(tuple(length for length in given if length))

    def _inbound(self, layer: Mapping[str, Any]) -> Sequence[str]:
        """The layers whose values a layer of a functional model takes."""
        nodes = layer.get("inbound_nodes") or []
        if len(nodes) > 1:
            name = f"{layer['class_name']} '{layer['config']['name']}'"
            self.problems.add(name, f"is used {len(nodes)} times; layers of dltool have parameters of their own")
        return [name for node in nodes[:1] for name in _tensors(node["args"] if isinstance(node, dict) else node)]


def _open(shape: Sequence[int | None]) -> str:
    return "×".join("any" if length is None else str(length) for length in shape)


def _tensors(given: Any) -> Iterator[str]:
    """The layers that made the tensors among the arguments of a call."""
    if isinstance(given, dict) and given.get("class_name") == "__keras_tensor__":
        yield given["config"]["keras_history"][0]
    elif isinstance(given, list):
        for each in given:
            yield from _tensors(each)


def _paths(layers: Sequence[Mapping[str, Any]], above: str) -> Iterator[str]:
    """Where the weights of layers are: named after their classes, and numbered."""
    count: Counter[str] = Counter()
    for layer in layers:
        name = snake_case(layer["class_name"])
        yield (
            f"{above}/layers/{name}_{count[name]}".lstrip("/") if count[name] else f"{above}/layers/{name}".lstrip("/")
        )
        count[name] += 1


def _only(layers: Any, what: str) -> str:
    """The layer of the only output: [name, 0, 0], or a list of such."""
    if isinstance(layers[0], str):
        return layers[0]
    if len(layers) > 1:
        raise InputError(f"has {len(layers)} {what}; networks of dltool have one")
    return layers[0][0]


def _loss(compiled: Mapping[str, Any]) -> tuple[Task, str] | None:
    loss = compiled.get("loss")
    if isinstance(loss, dict):
        loss = snake_case((loss.get("config") or {}).get("name") or loss.get("class_name") or "")
    return _LOSSES.get(loss) if isinstance(loss, str) else None


def _optimizer(compiled: Mapping[str, Any]) -> Mapping[str, Any] | None:
    optimizer = compiled.get("optimizer")
    if not isinstance(optimizer, dict) or optimizer.get("class_name") not in _OPTIMIZERS:
        return None
    name, numbers = _OPTIMIZERS[optimizer["class_name"]]
    config = optimizer["config"]
    rate = config.get("learning_rate")
    fields = {"lr": _short(rate)} if isinstance(rate, float) else {}
    return {name: {**fields, **{here: config[there] for there, here in numbers.items() if config.get(there)}}}


def _short(number: float) -> float:
    """The shortest number that is the same in float32, as Keras keeps it."""
    return float(str(np.float32(number)))


@cache
def _table() -> Mapping[str, Translate]:
    package = importlib.import_module("dltool.importing.keras.layers")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return TABLE
