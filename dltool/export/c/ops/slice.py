"""Parts of values."""

from __future__ import annotations

from math import prod

from dltool.export.c.ops.arithmetic import TAKE
from dltool.export.c.source import Operand, Place, Source
from dltool.ops.broadcasting import Axes


def slice(source: Source, x: Operand, *, axes: Axes, start: int) -> Place:  # noqa: A001
    """The part along the axis that is smaller in it."""
    for axis, (large, small) in enumerate(axes):
        if large != small:
            rows, below = prod(size for size, _ in axes[:axis]), prod(size for size, _ in axes[axis + 1 :])
            sizes = rows, small * below, large * below, start * below
            return source.made(TAKE, "take", rows * small * below, x, *sizes)
    return x.place
