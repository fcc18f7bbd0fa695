"""`--set`: changes to a config before it is validated, in the order given.

    a.b=value       set; the value is YAML, and missing mappings on the path are created
    a.b+=value      append to a list; if the value is a list, append all its items
    ~a.b            delete
    model[2].units  an item of a list, from 0; negative numbers count from the end

The name of a component may be left out: `optimizer.lr` is a key of the current optimizer. Naming another component
switches to it: `optimizer.sgd.lr=0.1` replaces adam with sgd. The result is validated like the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dltool.config.description import Block, compat_defaults
from dltool.config.document import read_document
from dltool.config.entering import CannotEnterError, enter
from dltool.config.messages import Placed
from dltool.config.node import Node, Path, Place, path_steps, path_text, plant
from dltool.config.slots import Slot, below
from dltool.config.words import shown
from dltool.errors import InputError, Problem, nearest

_PATH = r"[\w-]+(?:\[-?\d+\])*(?:\.[\w-]+(?:\[-?\d+\])*)*"
_CHANGE = re.compile(rf"(?P<path>{_PATH})\s*(?P<plus>\+?)=(?P<value>.*)|~(?P<deleted>{_PATH})", re.DOTALL)


def override(root: Node, top: type[Block], changes: Sequence[str]) -> list[Placed]:
    """Apply changes to the tree at `root` of type `top`; returns the problems of changes that cannot be applied."""
    problems: list[Placed] = []
    for turn, change in enumerate(changes, start=1):
        place = Place(turn, 0, 0, f"--set {change}")
        try:
            _apply(root, Slot(top), change.strip(), place)
        except CannotEnterError as error:
            problems.append((place, Problem(str(error), str(place))))
        except InputError as error:
            problems += [(place, Problem(problem.message, str(place))) for problem in error.problems]
    return problems


def _apply(root: Node, top: Slot, change: str, place: Place) -> None:
    form = _CHANGE.fullmatch(change)
    if form is None:
        raise CannotEnterError(
            "expected KEY=VALUE, KEY+=VALUE or ~KEY, with a key such as train.epochs or model[0].units"
        )
    path = path_steps(form["path"] or form["deleted"])
    holder, step = _holder(root, top, path, place)
    if form["deleted"]:
        _delete(holder, step, path)
    elif form["plus"]:
        _append(holder, step, _value(form["value"], place), path)
    else:
        _set(holder, step, _value(form["value"], place))


def _holder(root: Node, top: Slot, path: Path, place: Place) -> tuple[Node, str | int]:
    """The mapping or list that holds the last step of `path`, and that step; missing values before it are created."""
    compat = root.child("compat")
    node, slot = root, top
    for depth, step in enumerate(path):
        try:
            holder, slot = enter(node, slot, step, place)
        except CannotEnterError as error:
            raise CannotEnterError(f"{path_text(path[:depth])}: {error}") from None
        if slot.block and slot.block.keys_are_paths and str(step) not in slot.block.model_fields:
            return holder, path_text(path[depth:])
        step = _position(holder, step, path[:depth])
        if depth == len(path) - 1:
            return holder, step
        child = holder.child(step)
        if child is None:
            child = _default(slot, step, place, compat.content if compat else None)
            _set(holder, step, child)
        node, slot = child, below(slot, step) or Slot(Any)
    raise CannotEnterError("the path is empty")


def _position(holder: Node, step: str | int, path: Path) -> str | int:
    """`step`, with a negative index counted from the end."""
    if not isinstance(holder.content, list) or not isinstance(step, int):
        return step
    count = len(holder.content)
    if not -count <= step < count:
        raise CannotEnterError(f"{path_text(path)} has {count} items, [0] to [{count - 1}]; there is no [{step}]")
    return step % count


def _default(slot: Slot, step: str | int, place: Place, compat: Any) -> Node:
    """The default of a key that the config does not give, if the default can have keys."""
    field = slot.block.model_fields.get(str(step)) if slot.block else None
    if slot.block is None or field is None:
        return Node(None, place, place)
    default = compat_defaults(slot.block, str(compat)).get(str(step), field.default)
    return plant(default if isinstance(default, str | dict) else None, place)


def _value(text: str, place: Place) -> Node:
    document = read_document(text, place.source, place.turn)
    if document.problems:
        raise InputError(*(problem for _, problem in document.problems))
    return document.root.replaced(place)


def _set(holder: Node, step: str | int, value: Node) -> None:
    if isinstance(holder.content, list):
        holder.content[int(step)] = value
    elif isinstance(holder.content, dict):
        holder.content[str(step)] = value


def _append(holder: Node, step: str | int, value: Node, path: Path) -> None:
    there = holder.child(step)
    if there is None or there.content is None:
        there = Node([], value.place, value.place)
        _set(holder, step, there)
    if not isinstance(there.content, list):
        raise CannotEnterError(f"{path_text(path)} is {shown(there)}, not a list; replace it with '=' instead of '+='")
    there.content += value.content if isinstance(value.content, list) else [value]


def _delete(holder: Node, step: str | int, path: Path) -> None:
    if isinstance(holder.content, list):
        del holder.content[int(step)]
    elif isinstance(holder.content, dict):
        if step not in holder.content:
            close = nearest(str(step), holder.content)
            above = path_text(path).removesuffix(str(step))
            hint = f"; did you mean '{above}{close}'?" if close else ""
            raise CannotEnterError(f"there is no {path_text(path)} to delete{hint}")
        del holder.content[str(step)]
