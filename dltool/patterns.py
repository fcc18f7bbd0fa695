"""Patterns for names such as "dense_1.weight", in which * matches any characters, or none."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dltool.errors import did_you_mean, nearest

STAR = "*"


def starred(pattern: str, name: str) -> tuple[str, ...] | None:
    """What each * of a pattern matches in a name; None if the name does not match."""
    expression = "(.*)".join(map(re.escape, pattern.split(STAR)))
    found = re.fullmatch(expression, name, re.DOTALL)
    return found.groups() if found else None


def fits(patterns: Iterable[str], name: str) -> bool:
    """Whether a name matches one of the patterns."""
    return any(starred(pattern, name) is not None for pattern in patterns)


def filled(pattern: str, stars: Iterable[str]) -> str:
    """The pattern with each * replaced by one of `stars`."""
    texts = iter(stars)
    return "".join(next(texts) if piece == STAR else piece for piece in re.split(r"(\*)", pattern))


def meant_pattern(pattern: str, names: Iterable[str]) -> str:
    """A hint for a pattern without matches: the nearest name, or the nearest layer's pattern."""
    names = set(names)
    layers = {f"{layer}.{STAR}" for layer, dot, _ in (name.rpartition(".") for name in names) if dot}
    close = nearest(pattern, names | layers)
    return f"did you mean '{close}'?" if close else did_you_mean(pattern, layers or names)
