"""A config as text that explains itself: keys, values, and beside each the reason for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.config.writing import dump_inline

#: where comments stand, unless a line is longer
COMMENT_COLUMN = 40
LONGEST_LINE = 120


@dataclass(frozen=True)
class Entry:
    """One line of a config, or one with others below it; an item of a list has no key."""

    key: str | None
    value: Any = None  # plain data; or the entries below, of a mapping or of a list
    comment: str = ""

    @property
    def below(self) -> Sequence[Entry]:
        """The entries that stand below this one."""
        nested = isinstance(self.value, list) and bool(self.value) and isinstance(self.value[0], Entry)
        return self.value if nested else ()

    def plain(self) -> Any:
        """The value as the config will hold it."""
        return plain(self.below) if self.below else self.value


def plain(entries: Sequence[Entry]) -> Any:
    """A mapping, or a list where entries have no keys, as plain data."""
    if entries and entries[0].key is None:
        return [entry.plain() for entry in entries]
    return {entry.key: entry.plain() for entry in entries}


def write(entries: Sequence[Entry], depth: int = 0) -> Iterator[str]:
    """The lines of entries, those below others indented."""
    for entry in entries:
        lead = "  " * depth + ("- " if entry.key is None else f"{dump_inline(entry.key)}:")
        if entry.below:
            yield from _line(lead, entry.comment)
            yield from write(entry.below, depth + 1)
        else:
            value = "" if entry.value is None else dump_inline(entry.value)
            yield from _line(lead + value if entry.key is None else f"{lead} {value}".rstrip(), entry.comment)


def _line(text: str, comment: str) -> Iterator[str]:
    """A line with its comment beside it, or before it where both together are too long."""
    if not comment:
        yield text
    elif max(len(text) + 2, COMMENT_COLUMN) + len(comment) + 2 <= LONGEST_LINE:
        yield f"{text + '  ':<{COMMENT_COLUMN}}# {comment}"
    else:
        indent = " " * (len(text) - len(text.lstrip()))
        yield f"{indent}# {comment}"
        yield text
