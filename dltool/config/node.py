"""A config as a tree of plain values with their positions, not typed yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

#: keys and list indexes from the top of a config
Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Place:
    """A position in the config; places sort in reading order: first the file, then the overrides."""

    turn: int
    line: int
    column: int
    source: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass
class Node:
    """A mapping, list or scalar; `key` is the position of its key, or `place` for list items and the top."""

    content: dict[str, Node] | list[Node] | str | int | float | bool | None
    place: Place
    key: Place
    text: str = ""  # a scalar as it was written

    def plain(self) -> Any:
        """The tree below as dicts, lists and scalars."""
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        return self.content

    def child(self, step: str | int) -> Node | None:
        """The value at a key or an index, if there is one."""
        if isinstance(self.content, dict):
            return self.content.get(str(step))
        if isinstance(self.content, list) and isinstance(step, int) and step < len(self.content):
            return self.content[step]
        return None

    def replaced(self, place: Place) -> Node:
        """The same values, all with one position."""
        content = self.content
        if isinstance(content, dict):
            content = {key: node.replaced(place) for key, node in content.items()}
        elif isinstance(content, list):
            content = [node.replaced(place) for node in content]
        return Node(content, place, place, self.text)


def plant(data: Any, place: Place) -> Node:
    """Plain data as a tree whose values all have the position `place`."""
    if isinstance(data, dict):
        return Node({str(key): plant(value, place) for key, value in data.items()}, place, place)
    if isinstance(data, list | tuple):
        return Node([plant(value, place) for value in data], place, place)
    return Node(data, place, place, str(data))


def path_text(path: Path) -> str:
    """A path as text, such as "model[2].dense.units", as in messages and overrides."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def path_steps(text: str) -> Path:
    """The path that a text such as "model[2].dense.units" stands for."""
    return tuple(int(index) if index else key for index, key in re.findall(r"\[(-?\d+)\]|([\w-]+)", text))
