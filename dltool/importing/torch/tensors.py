"""The tensors of a state dict of PyTorch: module by module, and as layers of dltool have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from dltool.importing.matching import COLUMNS, Group, Shapes, without_idle_gain
from dltool.importing.network import Tensor, Tensors
from dltool.layouts import outputs_last

#: what recurrent modules call their tensors: "weight_ih_l0_reverse"
_RECURRENT = re.compile(r"(weight|bias)_(ih|hh)(_l\d+(?:_reverse)?)$")
#: norms, whose weight is a gain
_NORM = {"weight": "gain", "bias": "bias", "running_mean": "running_mean", "running_var": "running_variance"}
#: says nothing of what a network computes
_COUNTER = "num_batches_tracked"


def groups(arrays: Mapping[str, np.ndarray]) -> list[Group]:
    """The tensors of each module, of each layer and direction of a recurrent one, and of each product of attention."""
    found: dict[str, dict[str, Tensor]] = {}
    for name, array in arrays.items():
        module, _, last = name.rpartition(".")
        if last == _COUNTER:
            continue
        if recurrent := _RECURRENT.fullmatch(last):
            module, last = f"{module}.{recurrent[3].lstrip('_')}".lstrip("."), f"{recurrent[1]}_{recurrent[2]}"
        elif last in ("in_proj_weight", "in_proj_bias"):
            module, last = f"{module}.in_proj", last.removeprefix("in_proj_")
        elif not module:
            module, last = name, ""
        found.setdefault(module, {})[last] = Tensor(name, array)
    return [Group(_of_module(name, found), tensors) for name, tensors in found.items()]


def _of_module(name: str, found: Mapping[str, object]) -> str:
    """The name of a group: that of its module, where this has a single layer in one direction."""
    module, dot, layer = name.rpartition(".")
    alone = layer == "l0" and not any(other.startswith(f"{module}.l") for other in found if other != name)
    return module if dot and alone else name


def translate(kind: str, shapes: Shapes, group: Group) -> Tensors | None:
    """The tensors of a group under the names of a layer's part; None where these do not fit."""
    made = _recurrent(shapes, group.tensors) if "recurrent_weight" in shapes else _other(kind, shapes, group.tensors)
    if made is None or {name: tensor.array.shape for name, tensor in made.items()} != dict(shapes):
        return None
    return made


def _other(kind: str, shapes: Shapes, given: Tensors) -> Tensors | None:
    if set(given) == {""} and len(shapes) == 1:  # a parameter of a module that has others below it
        return dict.fromkeys(shapes, given[""])
    if "gain" in shapes or "running_mean" in shapes:
        named = {_NORM[name]: tensor for name, tensor in given.items() if name in _NORM}
        return without_idle_gain(shapes, named) if len(named) == len(given) else None
    weight = given.get("weight")
    if weight is None or weight.array.ndim < 2:
        return None
    turned = weight if kind in ("embedding", "position_embedding", COLUMNS) else _with(weight, outputs_last)
    return {**given, "weight": turned}


def _recurrent(shapes: Shapes, given: Tensors) -> Tensors | None:
    if not {"weight_ih", "weight_hh"} <= given.keys():
        return None
    made = {
        "weight": _with(given["weight_ih"], outputs_last),
        "recurrent_weight": _with(given["weight_hh"], outputs_last),
    }
    zeros = Tensor("zeros, since the file has no bias", np.zeros(shapes["bias"], np.float32))
    first, second = given.get("bias_ih", zeros), given.get("bias_hh", zeros)
    if "recurrent_bias" in shapes:
        return {**made, "bias": first, "recurrent_bias": second}
    return {**made, "bias": Tensor(f"{first.name} + {second.name}", first.array + second.array)}


def _with(tensor: Tensor, change: Callable[[np.ndarray], np.ndarray]) -> Tensor:
    return replace(tensor, array=change(tensor.array))
