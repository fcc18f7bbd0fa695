"""From steps that take each other's values to nested layers: branches become `residual` and `parallel`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dltool.errors import InputError
from dltool.importing.network import Layer, Merge, Problems, Step, Tensors
from dltool.registry import registered

#: the name of the value that the network takes
INPUT = "the input"


@dataclass(frozen=True)
class Branches:
    """Lists of layers that all take the same value, and whose values become one."""

    how: Literal["add", "concat"]
    branches: Sequence[Sequence[Part]]


Part = Layer | Branches


def nested(steps: Mapping[str, Step], output: str, where: str) -> list[Part]:
    """The layers from the input to a step; raises InputError for layers that several branches share."""
    above = _last_in_common(steps)
    problems, seen = Problems(where), set[str]()

    def chain(name: str, start: str) -> list[Part]:
        """The layers from the value of `start` to that of `name`."""
        parts: list[list[Part]] = []
        while name != start:
            step = steps[name]
            if isinstance(step.made, Merge):
                fork = above[name]
                parts.append([Branches(step.made.how, [chain(each, fork) for each in step.inputs])])
                name = fork
                continue
            if name in seen and any(layer.tensors for layer in step.made):
                problems.add(name, "is used by several branches; layers of dltool have parameters of their own")
            seen.add(name)
            parts.append(list(step.made))
            (name,) = step.inputs
        return [part for each in reversed(parts) for part in each]

    layers = chain(output, INPUT)
    if problems.found:
        raise InputError(*dict.fromkeys(problems.found))
    return with_activations(layers)


def with_activations(parts: Sequence[Part]) -> list[Part]:
    """The same layers, where an activation right behind a layer is one of its fields."""
    made: list[Part] = []
    for part in parts:
        if isinstance(part, Branches):
            made.append(Branches(part.how, [with_activations(each) for each in part.branches]))
        elif made and _takes(made[-1], part):
            before = made[-1]
            assert isinstance(before, Layer)
            activation = {part.kind: dict(part.fields)} if part.fields else part.kind
            made[-1] = replace(before, fields={**before.fields, "activation": activation})
        else:
            made.append(part)
    return made


def tensors_of(parts: Sequence[Part]) -> Iterator[Tensors]:
    """The tensors of all layers, in the order in which dltool builds these."""
    for part in parts:
        if isinstance(part, Layer):
            yield from part.tensors
            continue
        for branch in part.branches:
            yield from tensors_of(branch)


def as_residual(part: Branches) -> Sequence[Part] | None:
    """The layers whose output is added to their input, where that is what the branches are."""
    full = [branch for branch in part.branches if branch]
    return full[0] if part.how == "add" and len(part.branches) == 2 and len(full) == 1 else None


def _takes(before: Part, activation: Layer) -> bool:
    """Whether a layer can have an activation as a field, and has none yet."""
    if not isinstance(before, Layer) or activation.kind not in registered("activation") or activation.kind == "softmax":
        return False
    field = registered("layer")[before.kind].model_fields.get("activation")
    return field is not None and field.default is None and "activation" not in before.fields


def _last_in_common(steps: Mapping[str, Step]) -> Mapping[str, str]:
    """For every step the nearest one that all ways from the input to it go through (its dominator)."""
    above, depth = {}, {INPUT: 0}
    for name, step in steps.items():
        nearest, *others = step.inputs
        for other in others:
            while nearest != other:
                if depth[nearest] >= depth[other]:
                    nearest = above[nearest]
                else:
                    other = above[other]
        above[name], depth[name] = nearest, depth[nearest] + 1
    return above
