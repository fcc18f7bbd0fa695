"""Values of a file as messages show them."""

from __future__ import annotations

LONGEST = 40


def shown(value: object) -> str:
    """The value in quotes, on one line and not too long."""
    text = " ".join(str(value).splitlines())
    return f"'{text}'" if len(text) <= LONGEST else f"'{text[: LONGEST - 1]}…'"


def plural(count: int, noun: str) -> str:
    """The noun with its number."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
