"""Other shapes: the same numbers in the same order."""

from __future__ import annotations

from dltool.export.c.source import Operand, Place, Source


def reshape(source: Source, x: Operand, *, shape: tuple[int, ...]) -> Place:
    """x itself."""
    return x.place
