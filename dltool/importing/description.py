"""Layers as a user would write them in a config: without what is a default, in the shortest form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dltool.config.writing import dump_inline
from dltool.importing.network import Layer
from dltool.importing.structure import Part, as_residual
from dltool.registry import registered

#: a block of layers longer than this is written with an item on each line
LONGEST = 100


def described(part: Part, compat: str | None) -> Any:
    """A layer as plain data; `compat` names the framework whose defaults hold."""
    if isinstance(part, Layer):
        return shortest("layer", part.kind, part.fields, compat)
    layers = as_residual(part)
    if layers is not None:
        return {"residual": [described(each, compat) for each in layers]}
    branches = [[described(each, compat) for each in branch] for branch in part.branches]
    return {"parallel": branches if part.how == "add" else {"branches": branches, "merge": part.how}}


def lines(layers: Sequence[Any], depth: int = 1) -> list[str]:
    """The items of a list of layers as text, nested ones indented."""
    indent = "  " * depth
    made = []
    for layer in layers:
        text = f"{indent}- {_inline(layer)}"
        if not _has_layers(layer):
            made.append(text)
            continue
        ((kind, value),) = layer.items()
        if kind == "residual":
            made += [f"{indent}- residual:", *lines(value, depth + 2)]
            continue
        made.append(f"{indent}- parallel:")
        branches, deeper = value, depth + 2
        if isinstance(value, dict):
            made += [f"{indent}    merge: {value['merge']}", f"{indent}    branches:"]
            branches, deeper = value["branches"], depth + 3
        for branch in branches:
            first, *others = lines(branch, 0) if branch else ["[]"]
            space = "  " * deeper
            made += [f"{space}- {first}", *(f"{space}  {each}" for each in others)]
    return made


def _inline(layer: Any) -> str:
    if isinstance(layer, dict):
        ((kind, fields),) = layer.items()
        return f"{kind}: {dump_inline(fields)}"
    return dump_inline(layer)


def _has_layers(layer: Any) -> bool:
    return isinstance(layer, dict) and next(iter(layer)) in ("residual", "parallel")


def shortest(kind: str, name: str, fields: Mapping[str, Any], compat: str | None) -> Any:
    """A component without the fields that are defaults, those that it must have in front."""
    component = registered(kind)[name]
    kept = dict(sorted(fields.items(), key=lambda field: not component.model_fields[field[0]].is_required()))

    def read(given: Mapping[str, Any]) -> Any:
        return component.model_validate(given, context={"compat": compat})

    for field in [field for field in kept if not component.model_fields[field].is_required()]:
        others = {key: value for key, value in kept.items() if key != field}
        if read(others) == read(kept):
            kept = others
    if set(kept) == {component.main_field}:
        return {name: kept[component.main_field]}
    return {name: kept} if kept else name
