"""The last part of a message about a value: how to write what the user probably meant."""

from __future__ import annotations

import re
from typing import Any

from dltool.config.node import Node
from dltool.config.renamed import new_value
from dltool.config.scalars import PATTERNS
from dltool.config.slots import Slot, filled
from dltool.config.words import literal, shown
from dltool.errors import did_you_mean, nearest
from dltool.registry import registered

_BOOLEANS = {
    "yes": "true",
    "on": "true",
    "y": "true",
    "1": "true",
    "no": "false",
    "off": "false",
    "n": "false",
    "0": "false",
}


def hint(slot: Slot, node: Node) -> str:
    """What to write instead of a value that does not fit; empty if there is nothing to add to "expected …"."""
    if new := new_value(node.content, slot):
        return f"'{node.content}' is now called '{new}'"
    alternatives = filled(slot)
    types = {alternative.type for alternative in alternatives if not alternative.kind}
    if isinstance(node.content, list | dict):
        return _for_a_container(alternatives, node)
    if isinstance(node.content, str) and all(alternative.item for alternative in alternatives):
        return f"write [{node.text}]"
    text = node.text.strip()
    if bool in types and text.lower() in _BOOLEANS:
        return f"write {_BOOLEANS[text.lower()]}"
    if isinstance(node.content, float) and int in types and node.content.is_integer():
        return f"write {int(node.content)}"
    if str in types and isinstance(node.content, int | float):
        return f"write '{text}' in quotes"
    if isinstance(node.content, str):
        return _for_text(text, types, [str(word) for slot in alternatives for word in literal(slot)])
    return ""


def not_one(node: Node, kind: str, *, in_a_list: bool) -> str:
    """What stands in place of a component, and how to turn it into one."""
    if isinstance(node.content, list):
        return f"{shown(node)}; leave out the '-' or the brackets"
    if not isinstance(node.content, dict) or len(node.content) < 2:
        return f"{shown(node)}; {did_you_mean(node.text, registered(kind))}"
    names = [key for key in node.content if key in registered(kind)]
    got = f"a mapping with {len(node.content)} keys"
    if len(names) == 1 and node.content[names[0]].content is None:
        others = " and ".join(f"'{key}'" for key in node.content if key != names[0])
        return f"{got}; indent {others} below '{names[0]}:'"
    if len(names) > 1:
        advice = f"start each {kind} with its own '- '" if in_a_list else f"keep one of {' and '.join(names)}"
        return f"{got}; {advice}"
    called = next((str(node.content[key].content) for key in ("type", "kind", "class") if key in node.content), "NAME")
    return f"{got}; write '{called}: {{…}}'"


def _for_a_container(alternatives: list[Slot], node: Node) -> str:
    wants_list = any(slot.item for slot in alternatives)
    if isinstance(node.content, dict) and wants_list:
        return "start each item with '- '"
    if isinstance(node.content, list) and not wants_list and any(slot.block or slot.kind for slot in alternatives):
        return "leave out the '-' or the brackets"
    return ""


def _for_text(text: str, types: set[Any], words: list[str]) -> str:
    if types & {int, float}:
        if PATTERNS["int"].match(text) or PATTERNS["float"].match(text):
            return f"'{text}' is text; write {text} without quotes"
        plain = re.sub(r"(?<=\d)[_, ](?=\d)", "", text)
        if plain != text and PATTERNS["float"].match(plain):
            return f"write {plain}"
        if text.endswith("%") and PATTERNS["float"].match(text[:-1]):
            return f"write {float(text[:-1]) / 100:g}"
    close = nearest(text, words)
    return f"did you mean '{close}'?" if close else ""
