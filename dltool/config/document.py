"""YAML text → a tree of values with positions. Knows YAML and its pitfalls, but not what a config means."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import yaml

from dltool.config.node import Node, Place
from dltool.config.scalars import CoreLoader, type_of, value_of
from dltool.config.syntax import syntax_problem
from dltool.errors import InputError, Problem

#: values in a config once aliases are expanded; a few lines of nested aliases can expand to millions
LARGEST = 100_000


@dataclass
class Document:
    """The tree, and problems that did not prevent it from being read."""

    root: Node
    problems: list[tuple[Place, Problem]] = field(default_factory=list)


def read_document(text: str, source: str, turn: int = 0) -> Document:
    """Parse one YAML document; raises InputError with the position of a syntax error."""
    try:
        top = CoreLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise InputError(syntax_problem(error, source)) from None
    except yaml.reader.ReaderError as error:
        line, column = _line_and_column(text, error.position)
        message = f"the character {chr(error.character)!r} is not allowed in YAML"
        raise InputError(Problem(message, f"{source}:{line}:{column}")) from None
    except RecursionError:
        raise InputError(Problem("brackets or lists are nested too deeply", source)) from None
    if top is None:
        place = Place(turn, 1, 1, source)
        return Document(Node(None, place, place))
    return _Reading(source, turn).document(top)


class _Reading:
    """Turns composed YAML nodes into a tree, collecting problems on the way."""

    def __init__(self, source: str, turn: int):
        self.source = source
        self.turn = turn
        self.problems: list[tuple[Place, Problem]] = []
        self.sizes = count(1)
        self.open: list[yaml.Node] = []

    def document(self, top: yaml.Node) -> Document:
        return Document(self.read(top, self.place(top)), self.problems)

    def read(self, source: yaml.Node, key: Place) -> Node:
        """One value; an alias is read again from its anchor."""
        if next(self.sizes) > LARGEST:
            raise InputError(Problem(f"more than {LARGEST} values; are there aliases of aliases?", str(key)))
        if source in self.open:
            raise InputError(Problem("an alias stands for something that contains it", str(key)))
        place = self.place(source)
        if isinstance(source, yaml.ScalarNode):
            return self.scalar(source, place, key)
        expected = "map" if isinstance(source, yaml.MappingNode) else "seq"
        if type_of(source.tag) != expected:
            self.problem(place, f"the tag '{_short(source.tag)}' is not allowed; write plain values")
        self.open.append(source)
        try:
            if isinstance(source, yaml.MappingNode):
                return Node(self.mapping(source), place, key)
            return Node([self.read(item, self.place(item)) for item in source.value], place, key)
        finally:
            self.open.pop()

    def scalar(self, source: yaml.ScalarNode, place: Place, key: Place) -> Node:
        type_name = type_of(source.tag)
        content: str | int | float | bool | None = source.value
        try:
            if type_name is None:
                raise ValueError(f"the tag '{_short(source.tag)}' is not allowed; write plain values")
            content = value_of(type_name, source.value)
        except ValueError as error:
            self.problem(place, str(error))
        return Node(content, place, key, source.value)

    def mapping(self, source: yaml.MappingNode) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        merged: list[tuple[yaml.Node, Place]] = []
        first: dict[str, Place] = {}
        for key_node, value_node in source.value:
            place = self.place(key_node)
            if not isinstance(key_node, yaml.ScalarNode) or type_of(key_node.tag) == "null":
                self.problem(place, "a key must be a word or a number")
                continue
            # numeric keys become text, so that class 0 needs no quotes
            name = key_node.value
            if name in first:
                self.problem(place, f"the key '{name}' is already given in line {first[name].line}")
                continue
            first[name] = place
            if type_of(key_node.tag) == "merge":
                merged.append((value_node, place))
            else:
                entries[name] = self.read(value_node, place)
        for value_node, place in merged:
            self.merge(value_node, place, entries)
        return entries

    def merge(self, source: yaml.Node, key: Place, entries: dict[str, Node]) -> None:
        """`<<: *anchor`, or a list of anchors: adds the keys that are missing."""
        for item in source.value if isinstance(source, yaml.SequenceNode) else [source]:
            content = self.read(item, key).content
            if not isinstance(content, dict):
                self.problem(key, "'<<' merges mappings; give it an alias of one, such as *defaults")
                continue
            for name, node in content.items():
                entries.setdefault(name, node)

    def place(self, source: yaml.Node) -> Place:
        mark = source.start_mark
        return Place(self.turn, mark.line + 1, mark.column + 1, self.source)

    def problem(self, place: Place, message: str) -> None:
        self.problems.append((place, Problem(message, str(place))))


def _short(tag: str) -> str:
    name = type_of(tag)
    return tag if name is None else f"!!{name}"


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
