"""Putting zeros around images, and cutting borders off, one block of 16 channels of a sample at a time."""

from __future__ import annotations

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import clear_vectors, copy_vectors


@kernel
def pad(x, y, height, width, top, bottom, left, right, step, low, high):
    """y (top + H + bottom, left + W + right, C) = x (H, W, C) with zeros around it; overwrites y."""
    all_height, all_width = top + height + bottom, left + width + right
    for block in range(x.blocks):
        for sample in range(low, high):
            source = at(x, block * x.rows + sample * height * width)
            target = at(y, block * y.rows + sample * all_height * all_width)
            clear_vectors(target, top * all_width)
            for row in range(height):
                line = at(target, (top + row) * all_width)
                clear_vectors(line, left)
                copy_vectors(at(source, row * width), at(line, left), width)
                clear_vectors(at(line, left + width), all_width - left - width)
            clear_vectors(at(target, (top + height) * all_width), (all_height - top - height) * all_width)


@kernel
def crop(x, y, height, width, top, bottom, left, right, step, low, high):
    """y (H, W, C) = x (top + H + bottom, left + W + right, C) without its border; overwrites y."""
    all_height, all_width = top + height + bottom, left + width + right
    for block in range(x.blocks):
        for sample in range(low, high):
            source = at(x, block * x.rows + sample * all_height * all_width)
            target = at(y, block * y.rows + sample * height * width)
            for row in range(height):
                copy_vectors(at(source, (top + row) * all_width + left), at(target, row * width), width)
