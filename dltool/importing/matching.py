"""Tensors of a file that says nothing of its network, matched with the layers of a config by names and shapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from dltool.errors import InputError, Problem
from dltool.importing.network import Tensor, Tensors, by_lengths
from dltool.ops.graph import Graph
from dltool.patterns import filled, starred

#: last words of the names of parameters; what stands before, as in "output_weight", tells the products of a layer apart
_LAST = re.compile(r"(recurrent_)?(weight|bias|gain|running_mean|running_variance)$")

#: the kind of what embeds the columns of a table, before all layers
COLUMNS = ""

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Group:
    """The tensors of one layer of another framework, by their last names there."""

    name: str
    tensors: Tensors


#: kind of a layer, shapes that it needs by name, a group → the group's tensors by these names; None: they do not fit
Translate = Callable[[str, Shapes, Group], Tensors | None]


@dataclass(frozen=True)
class Part:
    """One part of a network of dltool that has tensors, such as a direction of an LSTM."""

    path: str  # "attention_1.output_": what the names of its tensors begin with, but for a dot
    kind: str  # of the layer
    shapes: Shapes


@dataclass
class Match:
    """Which group became which part, and what is to be said about it."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    all_by_name: bool = True
    by_order: list[str] = field(default_factory=list)  # parts that other groups would have fitted, too


def match(graph: Graph, groups: Sequence[Group], translate: Translate, rename: Mapping[str, str], where: str) -> Match:
    """A group for each part of the network; raises InputError that names all parts and groups without counterpart.

    A group of the same name is taken first, else one that fits, next to the one before by its name; `rename` maps
    patterns of names in the file to names here.
    """
    constant = {_plain(value.name) for value in graph.values.values() if value.role == "constant"}
    left = sorted(
        (group for group in groups if _plain(group.name) not in constant), key=lambda group: natural(group.name)
    )
    made, missing, previous = Match(), [], ""
    own = _by_name(parts_of(graph), left, rename)
    for part in parts_of(graph):
        chosen = own.get(part.path)
        if chosen is None or translate(part.kind, part.shapes, chosen) is None:
            made.all_by_name = False
            free = [group for group in left if group not in own.values()]
            fitting = [group for group in free if translate(part.kind, part.shapes, group)]
            if not fitting:
                missing.append(part)
                continue
            chosen = max(fitting, key=lambda group: _nearness(group.name, previous))  # the first of the nearest
            if len(fitting) > 1:
                made.by_order.append(part.path)
        found = translate(part.kind, part.shapes, chosen)
        assert found is not None
        made.tensors |= {_joined(part.path, name): tensor for name, tensor in found.items()}
        left.remove(chosen)
        previous = chosen.name
    if missing or left:
        raise InputError(*_lines(missing, left, where))
    return made


def parts_of(graph: Graph) -> Sequence[Part]:
    """The parts of a network, in the order of building."""
    kinds = {layer.path: layer.kind for layer in graph.layers}
    parts: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {}
    for value in graph.saved:
        path, _, name = value.name.rpartition(".")
        layer = path
        while layer not in kinds and layer:
            layer = layer.rpartition(".")[0]
        found = _LAST.search(name)
        last = found[0] if found else name
        start = name.removesuffix(last)
        parts.setdefault((f"{path}.{start}" if start else path, kinds.get(layer, "")), {})[last] = value.shape
    return [Part(path, kind, shapes) for (path, kind), shapes in parts.items()]


def without_idle_gain(shapes: Shapes, tensors: Tensors) -> Tensors:
    """The tensors of a norm without a gain of ones, where the layer has none."""
    idle = "gain" not in shapes and "gain" in tensors and (tensors["gain"].array == 1).all()
    return {name: tensor for name, tensor in tensors.items() if not (idle and name == "gain")}


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts numbers in names as numbers."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", name)]


def _by_name(parts: Sequence[Part], groups: Sequence[Group], rename: Mapping[str, str]) -> dict[str, Group]:
    """Groups by the paths of the parts that are called like them; those of one name follow each other."""
    found: dict[str, Group] = {}
    for spelled in (_as_attribute, _attribute, _plain):
        named: dict[str, list[Group]] = {}
        for group in groups:
            if group not in found.values():
                named.setdefault(spelled(_renamed(group.name, rename)), []).append(group)
        for part in parts:
            names = [spelled(name) for name in _names(part)] if part.path not in found else []
            if name := next(filter(named.get, names), None):
                found[part.path] = named[name].pop(0)
    return found


def _joined(path: str, name: str) -> str:
    return f"{path}{name}" if path.endswith("_") else f"{path}.{name}"


def _as_attribute(name: str) -> str:
    """A name as `dltool export` writes it: as an attribute in Python."""
    return re.sub(r"\W", "_", name)


def _attribute(name: str) -> str:
    """The same without the "_again" that the second of two has got that became the same."""
    return re.sub(r"(_again)+$", "", _as_attribute(name))


def _plain(name: str) -> str:
    """A name in which all that is no letter or digit is alike, since names of attributes have no dots."""
    return re.sub(r"[\W_]+", "_", _attribute(name)).strip("_")


def _names(part: Part) -> Sequence[str]:
    """What a group for a part may be called; that of a single tensor may have the name of the tensor."""
    only = [_joined(part.path, name) for name in part.shapes] if len(part.shapes) == 1 else []
    return [*only, part.path.removesuffix("_")]


def _renamed(name: str, rename: Mapping[str, str]) -> str:
    found = (filled(new, stars) for old, new in rename.items() if (stars := starred(old, name)) is not None)
    return next(found, name)


def _nearness(name: str, previous: str) -> int:
    """How many of the first words of two names are alike."""
    pairs = zip(re.split(r"[./]", name), re.split(r"[./]", previous), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _lines(missing: Sequence[Part], left: Sequence[Group], where: str) -> list[Problem]:
    lines = []
    for part in missing:
        needs = ", ".join(f"{name} {by_lengths(lengths)}" for name, lengths in part.shapes.items())
        lines.append(Problem(f"no tensors of the file fit it; it needs {needs}", where, f"layer {part.path}"))
    for group in left:
        for tensor in group.tensors.values():
            message = f"{by_lengths(tensor.array.shape)}: no layer of the config takes it"
            lines.append(Problem(message, where, f"tensor {tensor.name}"))
    return lines
