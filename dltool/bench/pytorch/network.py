"""PyTorch's modules for the layers of a config, with their parameters by dltool's names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]

from dltool.errors import InputError, Problem

Fields = Mapping[str, Any]
Modules = list[Any]


@dataclass
class Network:
    """Layers being built: the shape so far, and every tensor by dltool's name (matrices are stored transposed)."""

    shape: tuple[int, ...]  # of a sample
    outputs: int  # what 'classes' and 'targets' stand for
    tensors: dict[str, Any] = field(default_factory=dict)
    embeddings: set[str] = field(default_factory=set)  # those that are not transposed

    def embed(self, codes: Sequence[Fields]) -> Modules:
        """The module that joins what codes stand for with the numbers; raises InputError for bags of codes."""
        tables = []
        for column in codes:
            size, width = column["size"], column["width"]
            if column["length"] > 1:
                raise InputError(Problem("bags of words have no counterpart in PyTorch here", path="data.features"))
            tables.append(size if width is None else nn.Embedding(size, width))
            if width:
                self.tensors[f"features.{column['name']}.weight"] = tables[-1].weight
        self.shape = (sum(column["width"] or column["size"] for column in codes) + self.shape[0],)
        self.embeddings = {f"features.{column['name']}.weight" for column in codes}
        return [_Columns(tables)]

    def build(self, layers: Sequence[str | Mapping[str, Any]], path: str = "") -> Modules:
        """The modules of a list of resolved layers, one after the other; raises InputError for one without any."""
        numbers: Counter[str] = Counter()
        modules: Modules = []
        for layer in layers:
            kind, fields = named(layer)
            name = fields.get("name")
            if name is None:
                numbers[kind] += 1
                name = f"{kind}_{numbers[kind]}"
            own = f"{path}.{name}" if path else name
            modules += self._layer(kind, fields, own)
        return modules

    def load(self, arrays: Mapping[str, Any]) -> None:
        """Set parameters and running statistics from dltool's arrays."""
        with torch.no_grad():
            for name, tensor in self.tensors.items():
                given = torch.from_numpy(arrays[name])
                transposed = given.dim() == 2 and name not in self.embeddings
                tensor.copy_(given.t() if transposed else given)

    def _layer(self, kind: str, fields: Fields, path: str) -> Modules:
        if kind in _ACTIVATIONS:
            return _activation(kind, fields)
        if kind not in _LAYERS:
            raise InputError(Problem(f"layer '{kind}' has no counterpart in PyTorch here", path=path))
        return _LAYERS[kind](self, fields, path)

    def _dense(self, fields: Fields, path: str) -> Modules:
        modules: Modules = []
        if fields["flatten"]:
            modules += self._reshape({"shape": [-1]}, path)
        units = fields["units"] if isinstance(fields["units"], int) else self.outputs
        linear = nn.Linear(self.shape[-1], units, bias=fields["bias"])
        self.shape = (*self.shape[:-1], units)
        self.tensors[f"{path}.weight"] = linear.weight
        if fields["bias"]:
            self.tensors[f"{path}.bias"] = linear.bias
        activation = _activation(*named(fields["activation"])) if fields["activation"] else []
        return [*modules, linear, *activation]

    def _dropout(self, fields: Fields, path: str) -> Modules:
        return [nn.Dropout(fields["rate"])] if fields["rate"] else []

    def _flatten(self, fields: Fields, path: str) -> Modules:
        return self._reshape({"shape": [-1]}, path)

    def _reshape(self, fields: Fields, path: str) -> Modules:
        known = prod(length for length in fields["shape"] if length != -1)
        shape = tuple(prod(self.shape) // known if length == -1 else length for length in fields["shape"])
        before, self.shape = len(self.shape), shape
        return [] if before == len(shape) == 1 else [_Reshape(shape)]

    def _batch_norm(self, fields: Fields, path: str) -> Modules:
        norm = nn.BatchNorm1d(self.shape[-1], eps=fields["epsilon"], momentum=1 - fields["momentum"])
        norm.weight.requires_grad = fields["gain"]
        self._name_gain_and_bias(norm, path, gain=fields["gain"])
        self.tensors[f"{path}.running_mean"] = norm.running_mean
        self.tensors[f"{path}.running_variance"] = norm.running_var
        if len(self.shape) == 1:
            return [norm]
        return [_Reshape((self.shape[-1],), samples=-1), norm, _Reshape(self.shape, samples=-1)]

    def _layer_norm(self, fields: Fields, path: str) -> Modules:
        norm = nn.LayerNorm(self.shape[-1], eps=fields["epsilon"])
        self._name_gain_and_bias(norm, path, gain=True)
        return [norm]

    def _name_gain_and_bias(self, norm: Any, path: str, *, gain: bool) -> None:
        if gain:
            self.tensors[f"{path}.gain"] = norm.weight
        self.tensors[f"{path}.bias"] = norm.bias

    def _residual(self, fields: Fields, path: str) -> Modules:
        return [_Residual(self.build(fields["layers"], path))]

    def _parallel(self, fields: Fields, path: str) -> Modules:
        start, shapes, branches = self.shape, [], []
        for number, layers in enumerate(fields["branches"], start=1):
            self.shape = start
            branches.append(nn.Sequential(*self.build(layers, f"{path}.branch_{number}")))
            shapes.append(self.shape)
        if fields["merge"] == "concat":
            self.shape = (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
            return [_Join(branches)]
        return [_Add(branches)]

    def _repeat(self, fields: Fields, path: str) -> Modules:
        numbers = range(1, fields["times"] + 1)
        return [module for n in numbers for module in self.build(fields["layers"], f"{path}.block_{n}")]

    def _sequential(self, fields: Fields, path: str) -> Modules:
        return self.build(fields["layers"], path)


_LAYERS: dict[str, Callable[[Network, Fields, str], Modules]] = {
    "dense": Network._dense,
    "dropout": Network._dropout,
    "flatten": Network._flatten,
    "reshape": Network._reshape,
    "batch_norm": Network._batch_norm,
    "layer_norm": Network._layer_norm,
    "residual": Network._residual,
    "parallel": Network._parallel,
    "repeat": Network._repeat,
    "sequential": Network._sequential,
}

_ACTIVATIONS: dict[str, Callable[[Fields], Any]] = {
    "linear": lambda fields: None,
    "relu": lambda fields: nn.ReLU(),
    "leaky_relu": lambda fields: nn.LeakyReLU(fields["slope"]),
    "elu": lambda fields: nn.ELU(fields["alpha"]),
    "selu": lambda fields: nn.SELU(),
    "gelu": lambda fields: nn.GELU(),
    "gelu_tanh": lambda fields: nn.GELU(approximate="tanh"),
    "silu": lambda fields: nn.SiLU(),
    "tanh": lambda fields: nn.Tanh(),
    "sigmoid": lambda fields: nn.Sigmoid(),
    "softplus": lambda fields: nn.Softplus(),
    "softmax": lambda fields: nn.Softmax(dim=-1),
}


def named(thing: str | Mapping[str, Any]) -> tuple[str, Fields]:
    """Name and fields of a resolved component."""
    if isinstance(thing, str):
        return thing, {}
    ((name, fields),) = thing.items()
    return name, fields


def _activation(kind: str, fields: Fields) -> Modules:
    module = _ACTIVATIONS[kind](fields)
    return [] if module is None else [module]


class _Columns(nn.Module):
    """Looks up the embedding of each code, or makes it one-hot, and puts the numbers behind."""

    def __init__(self, tables: Sequence[Any]):
        super().__init__()
        self._sizes = [None if isinstance(table, nn.Module) else table for table in tables]
        self._tables = nn.ModuleList([nn.Identity() if isinstance(table, int) else table for table in tables])

    def forward(self, inputs: Any) -> Any:
        numbers, codes = inputs
        columns = zip(self._sizes, self._tables, codes.unbind(1), strict=True)
        pieces = [nn.functional.one_hot(c, size).float() if size else table(c) for size, table, c in columns]
        return torch.cat([*pieces, numbers], dim=-1)


class _Reshape(nn.Module):
    """Gives each sample another shape; with `samples` -1, rows of a sample become samples, or samples again."""

    def __init__(self, shape: tuple[int, ...], samples: int | None = None):
        super().__init__()
        self._shape, self._samples = shape, samples

    def forward(self, x: Any) -> Any:
        return x.reshape(len(x) if self._samples is None else self._samples, *self._shape)


class _Residual(nn.Module):
    def __init__(self, modules: Modules):
        super().__init__()
        self._layers = nn.Sequential(*modules)

    def forward(self, x: Any) -> Any:
        return self._layers(x) + x


class _Add(nn.ModuleList):
    def forward(self, x: Any) -> Any:
        first, *others = (branch(x) for branch in self)
        for other in others:
            first = first + other
        return first


class _Join(nn.ModuleList):
    def forward(self, x: Any) -> Any:
        return torch.cat([branch(x) for branch in self], dim=-1)
