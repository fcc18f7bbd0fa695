"""Samples that can be shown as images: arrays, and tables with a column for each pixel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isqrt

import numpy as np

from dltool.data.arrays.axes import SMALLEST, image_shape
from dltool.data.preprocessing.features import Preparation, TablePreparation
from dltool.data.samples.samples import Samples


def picture_shape(preparation: Preparation) -> tuple[int, int, int] | None:
    """Height, width and channels of samples that are images; None for others.

    Columns of a table are pixels if they are named like "pixel_0_0", "1x1" or "pixel0".
    """
    if not isinstance(preparation, TablePreparation):
        return image_shape(preparation.feature_shape)
    numeric = preparation.feature_shape == (len(preparation.encoders),)
    return _grid([encoder.column for encoder in preparation.encoders]) if numeric else None


def pictures_of(preparation: Preparation, samples: Samples) -> np.ndarray | None:
    """The samples as images (n, height, width, channels), bytes or original numbers; None if they are not images."""
    shape = picture_shape(preparation)
    if shape is None or not isinstance(preparation, TablePreparation):
        return None if shape is None else samples.features.reshape(-1, *shape)
    columns = [
        np.ma.filled(encoder.cells(samples.features[:, index : index + 1], samples.codes[:, :0]), 0)
        for index, encoder in enumerate(preparation.encoders)
    ]
    return np.stack(columns, axis=1).reshape(-1, *shape)


def as_bytes(values: np.ndarray) -> np.ndarray:
    """An image's values as uint8: bytes unchanged, other numbers scaled from their minimum to their maximum."""
    if values.dtype == np.uint8:
        return values
    low, high = float(values.min()), float(values.max())
    return np.rint((values - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)


def _grid(names: Sequence[str]) -> tuple[int, int, int] | None:
    """The shape of the image whose pixels the columns are, row by row, if they are."""
    numbers = [tuple(map(int, re.findall(r"\d+", name))) for name in names]
    if len(names) < SMALLEST**2 or not numbers[0] or len({re.sub(r"\d+", "", name) for name in names}) > 1:
        return None
    if len(numbers[0]) == 1:
        height = width = isqrt(len(names))
        expected = [(numbers[0][0] + index,) for index in range(height * width)]
    else:
        (top, left), (bottom, right) = numbers[0][-2:], numbers[-1][-2:]
        height, width = bottom - top + 1, right - left + 1
        expected = [(*numbers[0][:-2], y, x) for y in range(top, bottom + 1) for x in range(left, right + 1)]
    return (height, width, 1) if numbers == expected else None
