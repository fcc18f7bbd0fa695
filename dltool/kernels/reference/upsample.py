"""Reference enlarging of images: x and dx (B, H, W, C), y and dy (B, H · f, W · g, C); series without H."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import added_at, namespace


def upsample_nearest(x: np.ndarray, *, height: int, width: int, factor_height: int, factor_width: int) -> np.ndarray:
    """y[i, j] = x[i // f, j // g]."""
    xp = namespace(x)
    y = xp.repeat(x, factor_width, axis=-2)
    return y if x.ndim == 3 else xp.repeat(y, factor_height, axis=1)


def upsample_nearest_gradient(
    dy: np.ndarray, *, height: int, width: int, factor_height: int, factor_width: int
) -> np.ndarray:
    """dx[i, j] = Σ of dy over the pixels that show x[i, j]."""
    cut = dy.reshape(len(dy), -1, factor_height, width, factor_width, dy.shape[-1])
    return cut.sum(axis=(2, 4)).reshape(_small(dy, height, width))


def upsample_bilinear(x: np.ndarray, *, height: int, width: int, factor_height: int, factor_width: int) -> np.ndarray:
    """y[i, j] = x at ((i + ½) / f − ½, (j + ½) / g − ½), clamped, linearly between neighbors along both axes."""
    y = x.reshape(len(x), height, width, -1)
    for axis, factor in ((1, factor_height), (2, factor_width)):
        first, second, weight = _neighbors(y, axis, factor)
        y = y.take(first, axis) * (1 - weight) + y.take(second, axis) * weight
    return y if x.ndim == 4 else y[:, 0]


def upsample_bilinear_gradient(
    dy: np.ndarray, *, height: int, width: int, factor_height: int, factor_width: int
) -> np.ndarray:
    """dx: every dy, times their weights, to the neighbors that it was read from."""
    xp = namespace(dy)
    dx = dy.reshape(len(dy), height * factor_height, width * factor_width, -1)
    for axis, factor, size in ((1, factor_height, height), (2, factor_width, width)):
        given = xp.zeros((*dx.shape[:axis], size, *dx.shape[axis + 1 :]), dy.dtype)
        first, second, weight = _neighbors(given, axis, factor)
        onto = added_at(xp.moveaxis(given, axis, 0), first, xp.moveaxis(dx * (1 - weight), axis, 0))
        dx = xp.moveaxis(added_at(onto, second, xp.moveaxis(dx * weight, axis, 0)), 0, axis)
    return dx.reshape(_small(dy, height, width))


def _neighbors(x: np.ndarray, axis: int, factor: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every place of the larger axis the two of x that it lies between, and the weight of the second."""
    xp = namespace(x)
    size = x.shape[axis]
    place = xp.clip((xp.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
    first = xp.floor(place).astype(int)
    weight = (place - first).astype(x.dtype)
    second = first + (weight > 0)
    return first, second, weight.reshape(-1, *[1] * (x.ndim - axis - 1))


def _small(x: np.ndarray, height: int, width: int) -> tuple[int, ...]:
    return (len(x), *(height, width)[4 - x.ndim :], x.shape[-1])
