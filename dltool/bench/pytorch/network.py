"""PyTorch's modules for the layers of a config, and their parameters by dltool's names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]

from dltool.bench.pytorch import images, sequences
from dltool.bench.pytorch.activations import ACTIVATIONS
from dltool.bench.pytorch.images import Fields, Modules
from dltool.bench.pytorch.modules import Add, ChannelsFirst, ChannelsLast, Columns, Join, Reshape, Residual
from dltool.errors import InputError, Problem


@dataclass
class Network:
    """A network under construction: the current shape, and all tensors by their names in dltool."""

    shape: tuple[int, ...]  # of a sample in dltool
    outputs: int  # the number that 'classes' and 'targets' stand for
    vocabulary: int | None = None  # number of different integers that samples hold
    norms: Mapping[str, Fields] = field(default_factory=dict)  # default fields of norms inside of other layers, by kind
    channels_last: bool = False  # memory format of images
    channels_first: bool = False  # whether PyTorch's tensor has channels first at this point
    folded: tuple[int, ...] | None = None  # the image shape that a flat sample was made from, channels first
    tensors: dict[str, Any] = field(default_factory=dict)
    embeddings: set[str] = field(default_factory=set)  # tensors that are not transposed
    folds: dict[str, tuple[int, ...]] = field(default_factory=dict)  # `folded` by the name of the weights applied to it

    def embed(self, codes: Sequence[Fields]) -> Modules:
        """The module that joins embedded codes with the numbers; raises InputError for bags of codes."""
        tables = []
        for column in codes:
            size, width = column["size"], column["width"]
            if column["length"] > 1:
                raise InputError(
                    Problem("the comparison has no PyTorch counterpart of a bag of words", path="data.features")
                )
            tables.append(size if width is None else nn.Embedding(size, width))
            if width:
                self.tensors[f"features.{column['name']}.weight"] = tables[-1].weight
        self.shape = (sum(column["width"] or column["size"] for column in codes) + self.shape[0],)
        self.embeddings |= {f"features.{column['name']}.weight" for column in codes}
        return [Columns(tables)]

    def build(self, layers: Sequence[str | Mapping[str, Any]], path: str = "") -> Modules:
        """The modules of a list of resolved layers; raises InputError for a layer without a counterpart."""
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
        return [*modules, *self._unfolded()]

    def load(self, arrays: Mapping[str, Any]) -> None:
        """Set parameters and running statistics from dltool's arrays."""
        with torch.no_grad():
            for name, tensor in self.tensors.items():
                given = torch.from_numpy(arrays[name])
                if name in self.folds:
                    given = given.unflatten(0, self.folds[name]).movedim(-2, 0).flatten(0, -2)
                transposed = given.dim() >= 2 and name not in self.embeddings
                tensor.copy_(images.as_weights(given) if transposed else given)

    def _layer(self, kind: str, fields: Fields, path: str) -> Modules:
        modules = [] if kind in _ORDER_INDEPENDENT else self._unfolded()
        if kind in ACTIVATIONS:
            return [*modules, *self._activation(kind, fields)]
        if kind not in _LAYERS:
            raise InputError(Problem(f"the comparison has no PyTorch counterpart of layer '{kind}'", path=path))
        return [*modules, *_LAYERS[kind](self, fields, path)]

    def with_channels(self, *, first: bool) -> Modules:
        """The module that moves channels first or last, if needed."""
        if len(self.shape) < 2 or self.channels_first == first:
            return []
        self.channels_first = first
        return [ChannelsFirst() if first else ChannelsLast()]

    def _unfolded(self) -> Modules:
        """The modules that bring a flat sample into dltool's order, if needed."""
        if self.folded is None:
            return []
        *large, channels = self.folded
        self.folded = None
        return [Reshape((channels, *large)), ChannelsLast(), Reshape(self.shape)]

    def _activation(self, kind: str, fields: Fields) -> Modules:
        modules = self.with_channels(first=False) if kind == "softmax" else []
        module = ACTIVATIONS[kind](fields)
        return modules if module is None else [*modules, module]

    def activated(self, fields: Fields) -> Modules:
        return self._activation(*named(fields["activation"])) if fields["activation"] else []

    def _convolution(self, fields: Fields, path: str) -> Modules:
        return self._convolve(fields, path, fields["filters"], fields["groups"])

    def _depthwise(self, fields: Fields, path: str) -> Modules:
        return self._convolve(fields, path, self.shape[-1], self.shape[-1])

    def _convolve(self, fields: Fields, path: str, filters: int, groups: int) -> Modules:
        before = self.with_channels(first=True)
        modules, self.shape = images.convolution(fields, self.shape, filters=filters, groups=groups)
        self._name_weights(modules[-1], path, fields, f"{path}.weight")
        return [*before, *modules, *self.activated(fields)]

    def _transposed(self, fields: Fields, path: str) -> Modules:
        before = self.with_channels(first=True)
        modules, self.shape = images.transposed(fields, self.shape)
        self._name_weights(modules[0], path, fields, f"{path}.weight")
        return [*before, *modules, *self.activated(fields)]

    def _name_weights(self, module: Any, path: str, fields: Fields, weight: str) -> None:
        self.tensors[weight] = module.weight
        if fields["bias"]:
            self.tensors[f"{path}.bias"] = module.bias

    def _max_pool(self, fields: Fields, path: str) -> Modules:
        before = self.with_channels(first=True)
        modules, self.shape = images.max_pool(fields, self.shape)
        return [*before, *modules]

    def _average_pool(self, fields: Fields, path: str) -> Modules:
        before = self.with_channels(first=True)
        modules, self.shape = images.average_pool(fields, self.shape, path)
        return [*before, *modules]

    def _global_pool(self, fields: Fields, path: str, kind: str) -> Modules:
        modules = [*self.with_channels(first=True), images.global_pool(kind, len(self.shape) - 1)]
        self.shape, self.channels_first = self.shape[-1:], False
        return modules

    def _upsample(self, fields: Fields, path: str) -> Modules:
        before = self.with_channels(first=True)
        modules, self.shape = images.upsample(fields, self.shape)
        return [*before, *modules]

    def _zero_pad(self, fields: Fields, path: str) -> Modules:
        before = self.with_channels(first=True)
        modules, self.shape = images.border(fields["padding"], self.shape, 1)
        return [*before, *modules]

    def _crop(self, fields: Fields, path: str) -> Modules:
        before = self.with_channels(first=True)
        modules, self.shape = images.border(fields["cropping"], self.shape, -1)
        return [*before, *modules]

    def _dense(self, fields: Fields, path: str) -> Modules:
        modules = self._flatten(fields, path) if fields["flatten"] else self.with_channels(first=False)
        if self.folded:
            self.folds[f"{path}.weight"], self.folded = self.folded, None
        units = fields["units"] if isinstance(fields["units"], int) else self.outputs
        linear = nn.Linear(self.shape[-1], units, bias=fields["bias"])
        self.shape = (*self.shape[:-1], units)
        self._name_weights(linear, path, fields, f"{path}.weight")
        return [*modules, linear, *self.activated(fields)]

    def _dropout(self, fields: Fields, path: str) -> Modules:
        return [nn.Dropout(fields["rate"])] if fields["rate"] else []

    def _flatten(self, fields: Fields, path: str) -> Modules:
        """Flatten in memory order, so that no data is moved in a step."""
        if len(self.shape) == 1:
            return []
        if not self.channels_first or (self.channels_last and len(self.shape) == 3):
            return self._reshape({"shape": [-1]}, path)
        self.folded, self.shape, self.channels_first = self.shape, (prod(self.shape),), False
        return [nn.Flatten()]

    def _reshape(self, fields: Fields, path: str) -> Modules:
        modules = self.with_channels(first=False)
        known = prod(length for length in fields["shape"] if length != -1)
        self.shape = tuple(prod(self.shape) // known if length == -1 else length for length in fields["shape"])
        return [*modules, Reshape(self.shape)]

    def _transpose(self, fields: Fields, path: str) -> Modules:
        """Nothing is moved: what was a series of channels first is one of channels last, and the other way round."""
        self.shape, self.channels_first = self.shape[::-1], not self.channels_first
        return []

    def _batch_norm(self, fields: Fields, path: str) -> Modules:
        kind = nn.BatchNorm2d if self.channels_first and len(self.shape) == 3 else nn.BatchNorm1d
        norm = kind(self.shape[-1], eps=fields["epsilon"], momentum=1 - fields["momentum"])
        norm.weight.requires_grad = fields["gain"]
        self._name_gain_and_bias(norm, path, gain=fields["gain"])
        self.tensors[f"{path}.running_mean"] = norm.running_mean
        self.tensors[f"{path}.running_variance"] = norm.running_var
        if len(self.shape) == 1 or self.channels_first:
            return [norm]
        return [Reshape((self.shape[-1],), samples=-1), norm, Reshape(self.shape, samples=-1)]

    def _layer_norm(self, fields: Fields, path: str) -> Modules:
        modules = self.with_channels(first=False)
        norm = nn.LayerNorm(self.shape[-1], eps=fields["epsilon"])
        self._name_gain_and_bias(norm, path, gain=True)
        return [*modules, norm]

    def _group_norm(self, fields: Fields, path: str) -> Modules:
        modules = self.with_channels(first=True)
        norm = nn.GroupNorm(fields["groups"], self.shape[-1], eps=fields["epsilon"])
        self._name_gain_and_bias(norm, path, gain=True)
        return [*modules, norm]

    def _name_gain_and_bias(self, norm: Any, path: str, *, gain: bool) -> None:
        if gain:
            self.tensors[f"{path}.gain"] = norm.weight
        self.tensors[f"{path}.bias"] = norm.bias

    def _residual(self, fields: Fields, path: str) -> Modules:
        return [Residual(self._branch(fields["layers"], path))]

    def _parallel(self, fields: Fields, path: str) -> Modules:
        start, first, shapes, branches = self.shape, self.channels_first, [], []
        for number, layers in enumerate(fields["branches"], start=1):
            self.shape, self.channels_first = start, first
            branches.append(nn.Sequential(*self._branch(layers, f"{path}.branch_{number}")))
            shapes.append(self.shape)
        if fields["merge"] == "concat":
            self.shape = (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
            return [Join(branches, 1 if self.channels_first else -1)]
        return [Add(branches)]

    def _branch(self, layers: Sequence[str | Mapping[str, Any]], path: str) -> Modules:
        """The modules of a branch, which keep the position of the channels."""
        first = self.channels_first
        modules = self.build(layers, path)
        return [*modules, *self.with_channels(first=first)]

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
    "transpose": Network._transpose,
    **dict.fromkeys(("conv1d", "conv2d"), Network._convolution),
    **dict.fromkeys(("depthwise_conv1d", "depthwise_conv2d"), Network._depthwise),
    **dict.fromkeys(("conv1d_transpose", "conv2d_transpose"), Network._transposed),
    **dict.fromkeys(("max_pool1d", "max_pool2d"), Network._max_pool),
    **dict.fromkeys(("average_pool1d", "average_pool2d"), Network._average_pool),
    **{name: partial(Network._global_pool, kind=name) for name in ("global_average_pool", "global_max_pool")},
    **dict.fromkeys(("upsample1d", "upsample2d"), Network._upsample),
    **dict.fromkeys(("zero_pad1d", "zero_pad2d"), Network._zero_pad),
    **dict.fromkeys(("crop1d", "crop2d"), Network._crop),
    "batch_norm": Network._batch_norm,
    "layer_norm": Network._layer_norm,
    "group_norm": Network._group_norm,
    "residual": Network._residual,
    "parallel": Network._parallel,
    "repeat": Network._repeat,
    "sequential": Network._sequential,
    **sequences.LAYERS,
}

#: layers that do not depend on the order of a flat sample's numbers, or handle it themselves
_ORDER_INDEPENDENT = {"dense", "dropout", "flatten", *ACTIVATIONS} - {"softmax"}


def named(thing: str | Mapping[str, Any]) -> tuple[str, Fields]:
    """Name and fields of a resolved component."""
    if isinstance(thing, str):
        return thing, {}
    ((name, fields),) = thing.items()
    return name, fields
