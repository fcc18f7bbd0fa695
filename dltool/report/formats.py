"""How the page writes numbers that are not figures of a network."""

from __future__ import annotations


def short(value: float) -> str:
    """Up to four digits that matter, without an exponent where that is readable."""
    if 1000 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def share(value: float) -> str:
    """Per cent, with one digit behind the point; all and nothing only where it is that."""
    if value in (0.0, 1.0):
        return f"{100 * value:.0f} %"
    return "< 0.1 %" if value < 0.0005 else f"{min(100 * value, 99.9):.1f} %"


def shortened(text: str, longest: int) -> str:
    """Text that is cut off where it is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
