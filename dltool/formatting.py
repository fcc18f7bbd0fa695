"""Formats numbers, times, sizes and paths for people; used by everything that is printed."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any


def number(value: Any) -> str:
    """A number with four decimals or significant digits; in full between a thousand and ten million; – for NaN."""
    if value is None or value != value:
        return "–"
    if isinstance(value, int) or 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.4g}"


def plural(count: int, noun: str) -> str:
    """The noun with its number."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def rate(value: float) -> str:
    """A rate with three digits and its unit prefix, such as "5.2 M"."""
    return quantity(value) if value >= 999.5 else f"{quantity(value)} "


def duration(seconds: float) -> str:
    """A duration in at most two units."""
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def scalar_metrics(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """The metrics that are single numbers, which a confusion matrix is not."""
    return {name: value for name, value in metrics.items() if value is None or isinstance(value, int | float)}


def first_few(names: Sequence[str], most: int) -> str:
    """The first few names, such as "a, b, c, …"."""
    return ", ".join([*names[:most], *(["…"] if len(names) > most else [])])


def metric_title(name: str, classes: Mapping[str, str]) -> str:
    """The name of a metric, followed by its positive class in `classes`, if it has one."""
    return f"{name} ({classes[name]})" if name in classes else name


def metrics_line(metrics: Mapping[str, Any], classes: Mapping[str, str] = MappingProxyType({})) -> str:
    """All scalar metrics in one line of text, with their positive `classes`."""
    return " ".join(f"{metric_title(name, classes)} {number(value)}" for name, value in scalar_metrics(metrics).items())


def quoted(path: Path | str) -> str:
    """A path as typed in a shell: on one line, with printable characters only."""
    text = str(path)
    if text.isprintable():
        return shlex.quote(text)
    escaped = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t"}
    pieces = (escaped.get(c) or (c if c.isprintable() else _bytes(c)) for c in text)
    return f"$'{''.join(pieces)}'"


def quantity(count: float, base: int = 1000) -> str:
    """A count with three digits and its unit prefix, such as "5.2 M"."""
    for power, prefix in ((3, " G"), (2, " M"), (1, " k"), (0, "")):
        scaled = count / base**power
        if scaled >= 1 - 0.5 / base or not power:  # from there on it is written as 1
            return (f"{scaled:.0f}" if scaled >= 99.95 else f"{scaled:.3g}") + prefix
    raise AssertionError


def size(count: float) -> str:
    """A number of bytes with its unit."""
    text = quantity(count, 1024)
    return f"{text}B" if " " in text else f"{text} B"


def shape(lengths: Sequence[int]) -> str:
    """The shape of an array, such as "3 × 4"."""
    return " × ".join(map(str, lengths)) or "1"


def _bytes(character: str) -> str:
    """The bytes of a character on disk, in a shell's $'…' notation."""
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
