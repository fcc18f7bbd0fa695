"""Putting zeros around images, and cutting borders off, one block of 16 channels of a sample at a time."""

from __future__ import annotations

from dltool.kernels.cpu.arguments import at, attribute, blocks, floats, rows
from dltool.kernels.cpu.image import clear
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.vector import inlined, load, store
from dltool.kernels.records import LANES


@inlined
def sizes(a):
    """Height and width of the small side, then rows above, rows in all, columns before and columns in all."""
    height, width = attribute(a, 2, 0), attribute(a, 2, 1)
    top, left = attribute(a, 2, 2), attribute(a, 2, 4)
    return height, width, top, top + height + attribute(a, 2, 3), left, left + width + attribute(a, 2, 5)


@inlined
def copy(source, target, vectors):
    """Copy contiguous vectors."""
    for i in range(vectors):
        store(target, i * LANES, load(source, i * LANES))


@kernel
def pad(a, step, low, high):
    """y (top + H + bottom, left + W + right, C) = x (H, W, C) with zeros around it; overwrites y."""
    height, width, top, all_height, left, all_width = sizes(a)
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            source = at(floats(a, 0), block * rows(a, 0) + sample * height * width)
            target = at(floats(a, 1), block * rows(a, 1) + sample * all_height * all_width)
            clear(target, top * all_width)
            for row in range(height):
                line = at(target, (top + row) * all_width)
                clear(line, left)
                copy(at(source, row * width), at(line, left), width)
                clear(at(line, left + width), all_width - left - width)
            clear(at(target, (top + height) * all_width), (all_height - top - height) * all_width)


@kernel
def crop(a, step, low, high):
    """y (H, W, C) = x (top + H + bottom, left + W + right, C) without its border; overwrites y."""
    height, width, top, all_height, left, all_width = sizes(a)
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            source = at(floats(a, 0), block * rows(a, 0) + sample * all_height * all_width)
            target = at(floats(a, 1), block * rows(a, 1) + sample * height * width)
            for row in range(height):
                copy(at(source, (top + row) * all_width + left), at(target, row * width), width)
