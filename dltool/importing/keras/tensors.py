"""The weights of Keras: layer by layer, and as layers of dltool have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dltool.importing.keras.archive import Weights
from dltool.importing.matching import Group, Shapes
from dltool.importing.network import Tensor, Tensors
from dltool.layouts import KERAS_GATES, restored

#: names of variables, in the order in which layers have them
_ORDER = ("kernel", "embeddings", "gamma", "recurrent_kernel", "beta", "bias", "moving_mean", "moving_variance")


def groups_of_weights(weights: Weights) -> list[Group]:
    """The variables of each layer of a .weights.h5 file, by their numbers."""
    found: dict[str, Sequence[Tensor]] = {}
    for path, tensors in weights.items():
        if path.endswith("seed_generator"):
            continue
        if path.rpartition("/")[2].startswith("separable_conv"):  # two layers here
            found[f"{path}/depthwise"], found[f"{path}/pointwise"] = tensors[:1], tensors[1:]
        else:  # the way forward comes first
            found[path.replace("/forward_layer", "/layer_1").replace("/backward_layer", "/layer_2")] = tensors
    return [
        Group(path, {str(number): tensor for number, tensor in enumerate(tensors)}) for path, tensors in found.items()
    ]


def groups_of_tensors(arrays: Mapping[str, np.ndarray]) -> list[Group]:
    """The variables of each layer by their paths, such as "gru_1/gru_cell/kernel", as `dltool export` writes them."""
    found: dict[str, dict[str, Tensor]] = {}
    for name, array in sorted(arrays.items(), key=lambda one: _place(one[0])):
        layer, slash, _ = name.partition("/")
        own = found.setdefault(layer if slash else name, {})
        own[str(len(own))] = Tensor(name, array)
    return [Group(name, tensors) for name, tensors in found.items()]


def translate(kind: str, shapes: Shapes, group: Group) -> Tensors | None:
    """The variables of a group under the names of a layer's part; None where these do not fit."""
    given = list(group.tensors.values())
    if kind == "gru" and len(given) == 3:
        first, *_ = given
        biases = given[2]
        if biases.array.ndim != 2 or first.array.ndim != 2:
            return None
        halves = [Tensor(f"{biases.name}[{i}]", half) for i, half in enumerate(biases.array)]
        turned = [replace(one, array=restored(one.array, KERAS_GATES["gru"])) for one in (*given[:2], *halves)]
        given = turned if all(one.array.shape[-1] % 3 == 0 for one in turned) else []
    elif kind.startswith("depthwise") and given and given[0].array.ndim > 2:
        given = [replace(given[0], array=np.swapaxes(given[0].array, -1, -2)), *given[1:]]
    names = [name for name in _names(shapes) if name in shapes]
    if "running_mean" in shapes and "gain" not in shapes and len(given) == 4 and (given[0].array == 1).all():
        given = given[1:]
    if "recurrent_bias" in shapes and len(given) == 3:
        zeros = np.zeros(shapes["recurrent_bias"], np.float32)
        given = [*given, Tensor("zeros, since Keras has one vector of biases", zeros)]
    made = dict(zip(names, given, strict=False))
    fits = len(given) == len(names) and all(made[name].array.shape == shapes[name] for name in names)
    return made if fits else None


def _names(shapes: Shapes) -> Sequence[str]:
    if "recurrent_weight" in shapes:
        return ("weight", "recurrent_weight", "bias", "recurrent_bias")
    return ("weight", "gain", "bias", "running_mean", "running_variance")


def _place(name: str) -> int:
    last = name.rpartition("/")[2]
    return _ORDER.index(last) if last in _ORDER else 0
