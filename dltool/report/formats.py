"""How the page writes numbers that are not figures of a network."""

from __future__ import annotations


def short(value: float) -> str:
    """Up to four digits that matter, without an exponent where that is readable."""
    if 1000 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def share(value: float) -> str:
    """Per cent."""
    if 0 < value < 0.001:
        return "< 0.1 %"
    return f"{100 * value:.{1 if value < 0.1 else 0}f} %".replace(".0 %", " %")


def shortened(text: str, longest: int) -> str:
    """Text that is cut off where it is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
