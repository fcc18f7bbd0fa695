"""A config as commented text: keys and values, with the reason beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.config.writing import dump_inline

#: first and last column for comments, unless a line is longer
COMMENT_COLUMN, LAST_COMMENT_COLUMN = 40, 64
LONGEST_LINE = 120


@dataclass(frozen=True)
class Entry:
    """One line of a config, or one with others below it.

    An item of a list has no key, where it is a value or a list, or is a mapping of one key.
    """

    key: str | None
    value: Any = None  # plain data; or the entries below, of a mapping or of a list
    comment: str = ""
    item: bool = False  # of a list, with a key

    @property
    def below(self) -> Sequence[Entry]:
        """The entries nested below this one."""
        nested = isinstance(self.value, list) and bool(self.value) and isinstance(self.value[0], Entry)
        return self.value if nested else ()

    def plain(self) -> Any:
        """The value as the config will hold it."""
        return plain(self.below) if self.below else self.value


def plain(entries: Sequence[Entry]) -> Any:
    """A mapping, or a list where entries are items, as plain data."""
    if entries and (entries[0].key is None or entries[0].item):
        return [{entry.key: entry.plain()} if entry.item else entry.plain() for entry in entries]
    return {entry.key: entry.plain() for entry in entries}


def write(entries: Sequence[Entry], depth: int = 0) -> Iterator[str]:
    """The lines of entries, with nested entries indented."""
    texts = ["  " * depth + _text(entry) for entry in entries]
    commented = [len(text) + 2 for text, entry in zip(texts, entries, strict=True) if entry.comment]
    column = max([COMMENT_COLUMN, *(width for width in commented if width <= LAST_COMMENT_COLUMN)])
    for text, entry in zip(texts, entries, strict=True):
        yield from _line(text, entry.comment, column)
        yield from write(entry.below, depth + 1 + entry.item)


def _text(entry: Entry) -> str:
    """An entry without those below it and without its comment."""
    if entry.key is None:
        if entry.below:
            return "-"
        if isinstance(entry.value, dict) and len(entry.value) == 1:
            ((key, value),) = entry.value.items()
            return f"- {dump_inline(key)}: {dump_inline(value)}"
        return f"- {dump_inline(entry.value)}"
    key = f"{'- ' if entry.item else ''}{dump_inline(entry.key)}"
    if entry.below or entry.value is None:
        return f"{key}:"
    return f"{key}: {dump_inline(entry.value)}"


def _line(text: str, comment: str, column: int) -> Iterator[str]:
    """A line with its comment beside it, or above it if both together are too long."""
    comment = " ".join(comment.splitlines())
    if not comment:
        yield text
    elif max(len(text) + 2, column) + len(comment) + 2 <= LONGEST_LINE:
        yield f"{text + '  ':<{column}}# {comment}"
    else:
        indent = " " * (len(text) - len(text.lstrip()))
        yield f"{indent}# {comment}"
        yield text
