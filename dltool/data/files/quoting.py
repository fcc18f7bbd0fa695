"""Values of a file as messages show them."""

from __future__ import annotations

LONGEST = 40


def shown(value: object) -> str:
    """The value in quotes, on one line, shortened if it is long."""
    return f"'{cut(str(value))}'"


def cut(text: str) -> str:
    """The text on one line, shortened if it is long."""
    text = " ".join(text.splitlines())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def percent(share: float, digits: int = 2) -> str:
    """A share as a percentage with a number of digits, never as a power of ten."""
    rounded = float(f"{100 * share:.{digits}g}")
    return f"{rounded:g} %" if rounded >= 1e-4 or not share else "less than 0.0001 %"
