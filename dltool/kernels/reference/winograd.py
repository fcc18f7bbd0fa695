"""Reference Winograd convolutions: x (B, H, W, C), y and dy (B, h, w, N), u (points, C, N).

Tiles are cut out, transformed along both axes, multiplied point by point, and transformed back.
"""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.conv import conv_weight_gradient
from dltool.kernels.winograd import matrices


def winograd_weights(w: np.ndarray, *, kernel_height: int, kernel_width: int, channels: int) -> np.ndarray:
    """u = (weight · w · weightᵀ) of the matrices of both axes, for every pair of channels."""
    taps = w.reshape(kernel_height, kernel_width, channels, -1)
    down, right = matrices(kernel_height).weight, matrices(kernel_width).weight
    return _both(down, right, taps, 0).reshape(-1, *taps.shape[2:])


def winograd_turned_weights(w: np.ndarray, *, kernel_height: int, kernel_width: int, channels: int) -> np.ndarray:
    """The same of w turned about its middle, with the channels exchanged."""
    taps = w.reshape(kernel_height, kernel_width, channels, -1)[::-1, ::-1].swapaxes(2, 3)
    return winograd_weights(taps, kernel_height=kernel_height, kernel_width=kernel_width, channels=taps.shape[2])


def winograd(x: np.ndarray, u: np.ndarray, **geometry: int) -> np.ndarray:
    """y = output · (u · (input · tile of x)) of the matrices of both axes, for every tile."""
    xp = namespace(x)
    down, right = matrices(geometry["kernel_height"]), matrices(geometry["kernel_width"])
    images = x if x.ndim == 4 else x[:, None]
    sizes, heights, widths = images.shape, len(down.output), len(right.output)
    out_height, out_width = geometry["out_height"], geometry["out_width"]
    rows, columns = -(-out_height // heights), -(-out_width // widths)
    tall, wide = (rows - 1) * heights + len(down.input), (columns - 1) * widths + len(right.input)
    before = geometry["top"], geometry["left"]
    after = [max(0, whole - sizes[1 + i] - before[i]) for i, whole in enumerate((tall, wide))]
    padded = xp.pad(images, ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)))
    multipliers = u.reshape(len(down.input), len(right.input), *u.shape[1:])
    lines = []
    for top in range(0, rows * heights, heights):
        line = []
        for left in range(0, columns * widths, widths):
            seen = padded[:, top : top + len(down.input), left : left + len(right.input)]
            products = xp.einsum("bpqc,pqcn->bpqn", _both(down.input, right.input, seen, 1), multipliers)
            line.append(_both(down.output, right.output, products, 1))
        lines.append(xp.concatenate(line, axis=2))
    y = xp.concatenate(lines, axis=1)
    return y[:, :out_height, :out_width].reshape(len(x), *(out_height, out_width)[4 - x.ndim :], u.shape[-1])


def winograd_weight_gradient(x: np.ndarray, dy: np.ndarray, *, groups: int, **geometry: int) -> np.ndarray:
    """dw (groups, kh, kw, C, N), the same sums as those of a direct convolution."""
    return conv_weight_gradient(x, dy, groups=groups, **geometry)


def _both(down: np.ndarray, right: np.ndarray, x: np.ndarray, axis: int) -> np.ndarray:
    """A matrix times x along an axis, and another along the next one."""
    return _along(right, _along(down, x, axis), axis + 1)


def _along(matrix: np.ndarray, x: np.ndarray, axis: int) -> np.ndarray:
    """The matrix times x along an axis; where it has a zero, it does not matter what x has."""
    xp = namespace(x)
    slices = xp.moveaxis(x, axis, 0)
    products = [sum(row[j] * slices[j] for j in np.flatnonzero(row)) for row in matrix]
    return xp.moveaxis(xp.stack(products).astype(x.dtype), 0, axis)
