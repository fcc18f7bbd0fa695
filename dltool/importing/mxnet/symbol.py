"""Symbols of MXNet, as `Module.save_checkpoint` and Gluon's `export` write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.experiment import Task
from dltool.errors import InputError, Problem, did_you_mean
from dltool.importing.mxnet import operators  # noqa: F401  (fills the table)
from dltool.importing.mxnet.node import TABLE, SymbolNode
from dltool.importing.mxnet.params import read_params
from dltool.importing.network import Merge, Problems, ReadNetwork, Source, Step, Tensor, Unknown
from dltool.importing.structure import INPUT

SYMBOL = "-symbol.json"
_MERGES = {
    **dict.fromkeys(("elemwise_add", "_plus", "_Plus", "broadcast_add", "add_n", "ElementWiseSum"), Merge("add")),
    "Concat": Merge("concat"),
}
#: operators at the end that are losses
_LOSSES: Mapping[str, tuple[Task, str]] = {
    "LinearRegressionOutput": ("numbers", "mse"),
    "MAERegressionOutput": ("numbers", "mae"),
}


def read_mxnet(path: Path, shape: tuple[int, ...] | None) -> ReadNetwork:
    """The network of a checkpoint, of which one of the files is named; `shape` is that of a sample, as MXNet has it.

    Raises InputError with everything that has no counterpart.
    """
    symbol, params = _files(path)
    arrays = read_params(params)
    reading = _Reading(str(symbol), arrays)
    try:
        description = json.loads(symbol.read_text(encoding="utf-8"))
        for place, node in enumerate(description["nodes"]):
            reading.add(place, node)
        heads = [head[0] for head in description["heads"]]
        last = description["nodes"][heads[0]]["op"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise InputError(
            Problem(f"not a symbol of MXNet, or damaged ({type(error).__name__}: {error})", str(symbol))
        ) from None
    if len(heads) != 1:
        reading.problems.add("heads", f"{len(heads)} outputs; networks of dltool have one")
    for name in arrays.keys() - reading.used:
        reading.problems.add(name, "no operator takes these parameters")
    if reading.problems.found:
        raise InputError(*reading.problems.found)
    task, loss = _LOSSES.get(last, (None, None))
    source = _source(reading, arrays, shape, symbol)
    return ReadNetwork(
        "mxnet", source, reading.steps, reading.made[heads[0]], flattens_channels_first=True, task=task, loss=loss
    )


class _Reading:
    """Steps that are being collected from the nodes of a symbol, which are in the order of running."""

    def __init__(self, where: str, arrays: Mapping[str, np.ndarray]):
        self.steps: dict[str, Step] = {}
        self.made: dict[int, str] = {}  # the steps of nodes
        self.used: set[str] = set()
        self.problems = Problems(where)
        self._arrays = arrays
        self._tensors: dict[int, Tensor] = {}
        self._labels: set[int] = set()

    def add(self, place: int, node: Mapping[str, Any]) -> None:
        """One more node."""
        name, kind = node["name"], node["op"]
        if kind == "null":
            self._add_variable(place, name)
            return
        takes = [entry[0] for entry in node["inputs"]]
        inputs = tuple(self.made[each] for each in takes if each in self.made)
        tensors = [self._tensors[each] for each in takes if each in self._tensors]
        self.used |= {tensor.name for tensor in tensors}
        attributes = {**(node.get("attrs") or node.get("attr") or node.get("param") or {}), "op": kind}
        try:
            made = self._made(kind, SymbolNode(attributes, tensors), len(inputs))
        except Unknown as unknown:
            self.problems.add(f"{kind} '{name}'", unknown)
            made = []
        self.made[place] = name
        self.steps[name] = Step(name, inputs, made)

    def _made(self, kind: str, node: SymbolNode, count: int) -> Sequence[Any] | Merge:
        if kind in _MERGES and count > 1:
            node.require(dim=1)
            return _MERGES[kind]
        if kind not in TABLE:
            raise Unknown(f"has no counterpart; {did_you_mean(kind, [*TABLE, *_MERGES])}")
        if count != 1:
            raise Unknown(f"takes {count} values, and has a counterpart for one")
        return TABLE[kind](node)

    def _add_variable(self, place: int, name: str) -> None:
        if name in self._arrays:
            self._tensors[place] = Tensor(name, self._arrays[name])
        elif name.endswith("label"):
            self._labels.add(place)
        elif INPUT in self.made.values():
            self.problems.add(name, "neither the input nor among the parameters")
        else:
            self.made[place] = INPUT


def _files(path: Path) -> tuple[Path, Path]:
    """The symbol and the parameters, where one of them is named; the newest parameters, where there are several."""
    if path.name.endswith(SYMBOL):
        stem = path.name.removesuffix(SYMBOL)
        found = sorted(path.parent.glob(f"{_escaped(stem)}-????.params")) or sorted(
            path.parent.glob(f"{_escaped(stem)}.params")
        )
        if not found:
            message = f"there are no parameters beside it: {stem}-0000.params"
            raise InputError(Problem(message, str(path)))
        return path, found[-1]
    stem = re.sub(r"(-\d{4,})?\.params$", "", path.name)
    symbol = path.with_name(f"{stem}{SYMBOL}")
    if not symbol.exists():
        raise InputError(Problem(f"there is no symbol beside it: {symbol.name}", str(path)))
    return symbol, path


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _source(reading: _Reading, arrays: Mapping[str, np.ndarray], shape: tuple[int, ...] | None, where: Path) -> Source:
    """The shape of a sample: as the user says, or as the weights of a first dense layer do."""
    if shape is None:
        first = next(step for step in reading.steps.values() if INPUT in step.inputs)
        layers = [] if isinstance(first.made, Merge) else first.made
        if not layers or layers[0].kind != "dense":
            message = "does not say the shape of a sample; give it as MXNet has it, channels first: --shape 3,32,32"
            raise InputError(Problem(message, str(where)))
        return Source((layers[0].tensors[0]["weight"].array.shape[0],))
    first = len(shape) > 1
    return Source((*shape[1:], shape[0]) if first else shape, channels_first=first)
