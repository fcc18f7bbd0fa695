"""Descending into a config by keys and indexes, expanding short forms on the way.

`adam` becomes `adam: {}` and `dense: 64` becomes `dense: {units: 64}` when a key below them is requested.
"""

from __future__ import annotations

from dltool.config.description import Block, Choice, Description
from dltool.config.node import Node, Place
from dltool.config.slots import Slot, field_slot, filled, inline_names
from dltool.config.words import shown
from dltool.registry import registered


class CannotEnterError(Exception):
    """A path that does not exist; the message says where it ends and why."""


def enter(node: Node, slot: Slot, step: str | int, place: Place) -> tuple[Node, Slot]:
    """The mapping or list at or below `node` that has the key or index `step`; created if missing."""
    for branch in filled(slot):
        if branch.kind:
            return _enter_component(node, branch, step, place)
        if branch.block:
            return _enter_block(node, branch, step, place, may_replace=len(filled(slot)) > 1)
    if node.content is None and isinstance(step, str):
        node.content = {}
    return _fitting(node, slot, step)


def _enter_component(node: Node, slot: Slot, step: str | int, place: Place) -> tuple[Node, Slot]:
    things = registered(slot.kind or "")
    if not isinstance(node.content, dict):
        name = node.content
        node.content = {name: Node(None, node.place, node.place)} if isinstance(name, str) else {}
    if len(node.content) != 1 or step in node.content:
        return _fitting(node, slot, step)
    ((name, fields),) = node.content.items()
    thing = things.get(name)
    if step in things and (thing is None or step not in thing.model_fields):
        node.content = {str(step): Node(None, place, place)}
        return node, slot
    return enter(fields, Slot(thing), step, place) if thing else _fitting(node, slot, step)


def _enter_block(node: Node, slot: Slot, step: str | int, place: Place, *, may_replace: bool) -> tuple[Node, Slot]:
    block = slot.block or Block
    main = block.main_field if issubclass(block, Description) else None
    if main and isinstance(step, int):
        held = node.content.get(main, node) if isinstance(node.content, dict) else node
        return enter(held, field_slot(block, main), step, place)
    if not isinstance(node.content, dict):
        if main and node.content is not None:
            node.content = {main: Node(node.content, node.place, node.place, node.text)}
        elif node.content is None or may_replace:
            node.content = {}
    holder, slot = _fitting(node, slot, step)
    if isinstance(holder.content, dict):
        # only one of these is allowed at a time, so naming another replaces it
        exclusive = set(block.model_fields) if issubclass(block, Choice) else set(inline_names(block))
        if step in exclusive:
            holder.content = {key: held for key, held in holder.content.items() if key == step or key not in exclusive}
    return holder, slot


def _fitting(node: Node, slot: Slot, step: str | int) -> tuple[Node, Slot]:
    if isinstance(node.content, list) and isinstance(step, str):
        raise CannotEnterError(f"a list has no key '{step}'; give an index such as [0]")
    if isinstance(node.content, dict) and isinstance(step, int):
        raise CannotEnterError(f"a mapping has no index [{step}]; its keys: {', '.join(node.content) or 'none'}")
    if not isinstance(node.content, list | dict):
        raise CannotEnterError(f"expected {'a list' if isinstance(step, int) else 'a mapping'}, got {shown(node)}")
    return node, slot
