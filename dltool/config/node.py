"""A config as a tree of values that remember where they were written; plain data, no types yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

#: keys and list indexes from the top of a config
Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Place:
    """Where something was written; places sort in the order in which they are read: the file, then overrides."""

    turn: int
    line: int
    column: int
    source: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass
class Node:
    """A mapping, list or scalar; `key` is where its key stands, for items of lists and the top the same as `place`."""

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
        """What stands under a key or an index, if anything does."""
        if isinstance(self.content, dict):
            return self.content.get(str(step))
        if isinstance(self.content, list) and isinstance(step, int) and step < len(self.content):
            return self.content[step]
        return None

    def replaced(self, place: Place) -> Node:
        """The same values, all of them written at one place."""
        content = self.content
        if isinstance(content, dict):
            content = {key: node.replaced(place) for key, node in content.items()}
        elif isinstance(content, list):
            content = [node.replaced(place) for node in content]
        return Node(content, place, place, self.text)


def plant(data: Any, place: Place) -> Node:
    """Plain data as a tree whose every value was written at `place`."""
    if isinstance(data, dict):
        return Node({str(key): plant(value, place) for key, value in data.items()}, place, place)
    if isinstance(data, list | tuple):
        return Node([plant(value, place) for value in data], place, place)
    return Node(data, place, place, str(data))


def path_text(path: Path) -> str:
    """A path as messages and overrides write it, such as "model[2].dense.units"."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def path_steps(text: str) -> Path:
    """The path that such a text stands for."""
    return tuple(int(index) if index else key for index, key in re.findall(r"\[(-?\d+)\]|([\w-]+)", text))
