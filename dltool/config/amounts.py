"""Amounts of memory in a config, such as 500MB, 1.5 GB or 2GiB; the unit is required."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}
_FORM = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?([kmgt])(i?)b", re.IGNORECASE)


def bytes_of(text: str) -> int:
    """An amount in bytes (1 MB = 1000², 1 MiB = 1024²); raises ValueError for anything else."""
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise ValueError(f"expected an amount of memory such as 1GB or 500MB, got '{text}'{_advice(text)}")
    number, power, binary = found.groups()
    count = round(float(number) * (1024 if binary else 1000) ** _POWERS[power.lower()])
    if not count:
        raise ValueError(f"'{text}' is not a positive amount of memory")
    return count


def amount(count: int) -> str:
    """A number of bytes as an amount with at least two digits, such as "1.5 GB"."""
    size, unit = float(count), " bytes"
    for name in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, name
    return f"{size:.1f}{unit}" if size < 10 and count >= 1000 else f"{size:.0f}{unit}"


def _checked(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g}"
    if isinstance(value, str):
        bytes_of(value)
    return value


def _advice(text: str) -> str:
    if re.fullmatch(r"[0-9.]+(e[-+]?[0-9]+)?", text.strip()):
        return "; add a unit"
    if found := re.fullmatch(r"([0-9.]+) ?([kmgt])", text.strip(), re.IGNORECASE):
        return f"; write {found[1]}{found[2].upper()}B"
    return ""


#: a field that holds an amount, as text
Amount = Annotated[str, BeforeValidator(_checked)]
