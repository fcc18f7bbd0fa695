"""Types and values in words, for messages such as "expected a whole number above 0, got 'ten'"."""

from __future__ import annotations

from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from dltool.config.description import Choice
from dltool.config.node import Node
from dltool.config.slots import Slot, branches, slot_of

_SINGULAR = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
_PLURAL = {int: "whole numbers", float: "numbers", str: "texts", bool: "true or false values"}
_COMPARED = {Gt: ("above", "gt"), Ge: ("of at least", "ge"), Lt: ("below", "lt"), Le: ("of at most", "le")}
LONGEST = 40


def expected(slot: Slot) -> str:
    """What may stand here, such as "a whole number above 0, 'classes' or 'targets'"."""
    alternatives = sorted(branches(slot), key=lambda branch: branch.type is NoneType)
    return either([word for branch in alternatives for word in _words(branch)])


def either(choices: list[str]) -> str:
    """Alternatives as a phrase: "a, b or c"."""
    return " or ".join(filter(None, [", ".join(choices[:-1]), *choices[-1:]]))


def a(noun: str) -> str:
    """The noun with its article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def shown(node: Node) -> str:
    """A value as messages show it: as written, in quotes if it is text."""
    if isinstance(node.content, dict):
        return "a mapping" if node.content else "an empty mapping"
    if isinstance(node.content, list):
        return "a list" if node.content else "an empty list"
    if node.content is None:
        return node.text or "nothing"
    text = node.text if len(node.text) <= LONGEST else node.text[: LONGEST - 1] + "…"
    return "'" + text.replace("\n", " ") + "'" if isinstance(node.content, str) else text


def literal(slot: Slot) -> list[Any]:
    """The fixed values that may stand here."""
    return list(get_args(slot.type)) if get_origin(slot.type) is Literal else []


def _words(slot: Slot) -> list[str]:
    return [f"'{value}'" if isinstance(value, str) else str(value) for value in literal(slot)] or [_one(slot)]


def _one(slot: Slot) -> str:
    if slot.kind:
        return a(slot.kind)
    if slot.block:
        return _mapping(slot.block)
    if slot.item:
        least, most = _lengths(slot)
        behind = f", at least {least}" if least and least != most else ""
        return f"a list of {_counted(slot, slot.item)}{behind}"
    if get_origin(slot.type) is dict:
        return f"a mapping of names to {_many(slot_of(get_args(slot.type)[1]))}"
    if slot.type is NoneType:
        return "null"
    return _SINGULAR.get(slot.type, "a value") + _limits(slot)


def _mapping(block: Any) -> str:
    keys = [f"'{name}'" for name in block.model_fields]
    return f"a mapping with {either(keys)}" if issubclass(block, Choice) else "a mapping"


def _many(slot: Slot) -> str:
    if slot.kind:
        return f"{slot.kind}s"
    if slot.item:
        return f"lists of {_counted(slot, slot.item)}"
    return _PLURAL.get(slot.type, "values") + _limits(slot)


def _counted(slot: Slot, item: Slot) -> str:
    """What a list holds, with the number of items if that is fixed."""
    least, most = _lengths(slot)
    return f"{least} {_many(item)}" if least == most else _many(item)


def _lengths(slot: Slot) -> tuple[int, int | None]:
    """The minimum and maximum length of a list."""
    least = next((limit.min_length for limit in slot.limits if isinstance(limit, MinLen)), 0)
    return least, next((limit.max_length for limit in slot.limits if isinstance(limit, MaxLen)), None)


def _limits(slot: Slot) -> str:
    parts = [
        f"{word} {getattr(limit, attribute):g}"
        for kind, (word, attribute) in _COMPARED.items()
        for limit in slot.limits
        if isinstance(limit, kind)
    ]
    pattern = next((limit.pattern for limit in slot.limits if getattr(limit, "pattern", None)), None)
    if pattern:
        parts.append(f"of the form {pattern.strip('^$')}")
    return f" {' and '.join(parts)}" if parts else ""
