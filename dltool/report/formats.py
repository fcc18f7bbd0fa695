"""Formats of numbers and texts in the report."""

from __future__ import annotations


def short(value: float) -> str:
    """Up to four significant digits, without an exponent where possible."""
    if 1000 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def share(value: float) -> str:
    """A percentage with one decimal; 0 % and 100 % only if exact."""
    if value in (0.0, 1.0):
        return f"{100 * value:.0f} %"
    return "< 0.1 %" if value < 0.0005 else f"{min(100 * value, 99.9):.1f} %"


def shortened(text: str, longest: int) -> str:
    """Text truncated to `longest` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
