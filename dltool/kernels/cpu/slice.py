"""A part of a value along one axis; `axes` is as in `dltool.kernels.cpu.broadcasting`, of the whole and of the part."""

from __future__ import annotations

from dltool.kernels.cpu.channels import clear_last_block, copy_rows
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import clear_vectors, copy_vectors


def moved_rows(axes):
    """Rows of the whole and of the part that belong together, and the rows of each step along the axis."""
    whole, part, inner = 1, 1, 1
    for i in range(axes[0] - 2, -1, -1):
        large, small = axes[1 + 2 * i], axes[2 + 2 * i]
        if large != small:
            whole, part = large * inner, small * inner
            return whole, part, inner
        inner *= large
    return inner, inner, inner


@kernel
def slice(x, y, axes, start, step, low, high):  # noqa: A001
    """y (…, size, …) = x from `start` on along one axis; overwrites y."""
    if x.channels != y.channels:
        low, high = low * x.rows_per_sample, high * x.rows_per_sample
        copy_rows(x, start, y, 0, y.channels, low, high, x.rows)
        clear_last_block(y, y.channels, low, high, y.rows)
        return
    whole, part, inner = moved_rows(axes)
    for block in range(x.blocks):
        source, target = at(x, block * x.rows), at(y, block * y.rows)
        for run in range(low * y.rows_per_sample // part, high * y.rows_per_sample // part):
            copy_vectors(at(source, run * whole + start * inner), at(target, run * part), part)


@kernel
def slice_gradient(dy, dx, axes, start, step, low, high):
    """dx (…) = dy from `start` on along one axis, 0 elsewhere; overwrites dx."""
    rows = dx.rows_per_sample
    for block in range(dx.blocks):
        clear_vectors(at(dx, block * dx.rows + low * rows), (high - low) * rows)
    if dx.channels != dy.channels:
        copy_rows(dy, 0, dx, start, dy.channels, low * rows, high * rows, dy.rows)
        return
    whole, part, inner = moved_rows(axes)
    for block in range(dx.blocks):
        source, target = at(dy, block * dy.rows), at(dx, block * dx.rows)
        for run in range(low * dy.rows_per_sample // part, high * dy.rows_per_sample // part):
            copy_vectors(at(source, run * part), at(target, run * whole + start * inner), part)
