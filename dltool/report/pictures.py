"""Samples that can be looked at: arrays that are pictures, and tables whose columns are those of one."""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from math import isqrt

import numpy as np

from dltool.data.preparation import Preparation, TablePreparation
from dltool.data.signature import Part
from dltool.report.markup import Markup, element

#: pixels in each direction that a picture of the page has at most, and at least those that make one
LARGEST, SMALLEST = 96, 6
#: a picture is no more than so many times as wide as it is high, or the other way
LONGEST = 4


def pictures_of(preparation: Preparation, samples: Part) -> np.ndarray | None:
    """The samples as pictures (n, height, width, channels), in bytes or numbers of their own; None where they are none.

    Columns of a table make a picture where they are called "pixel_0_0" and so on, "1x1" or "pixel0".
    """
    if isinstance(preparation, TablePreparation):
        shape = _grid([encoder.column for encoder in preparation.encoders])
        if shape is None or preparation.feature_shape != (len(preparation.encoders),):
            return None
        columns = [
            np.ma.filled(encoder.cells(samples.features[:, index : index + 1], samples.codes[:, :0]), 0)
            for index, encoder in enumerate(preparation.encoders)
        ]
        return np.stack(columns, axis=1).reshape(-1, *shape)
    shape = _image(preparation.feature_shape)
    return None if shape is None else samples.features.reshape(-1, *shape)


def picture(values: np.ndarray, about: str) -> Markup:
    """Values (height, width, channels) as an image: bytes as they are, other numbers from their least to their most."""
    step = -(-max(values.shape[:2]) // LARGEST)
    values = values[::step, ::step]
    if values.dtype != np.uint8:
        low, high = float(values.min()), float(values.max())
        values = np.rint((values - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
    height, width = values.shape[:2]
    source = f"data:image/png;base64,{b64encode(_png(values)).decode()}"
    return element("img", src=source, alt=about, title=about, width=width, height=height, class_="picture")


def _image(shape: Sequence[int]) -> tuple[int, int, int] | None:
    """Height, width and channels of arrays that are pictures."""
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3)):
        return None
    height, width = shape[:2]
    proper = min(height, width) >= SMALLEST and max(height, width) <= LONGEST * min(height, width)
    return (height, width, shape[2] if len(shape) == 3 else 1) if proper else None


def _grid(names: Sequence[str]) -> tuple[int, int, int] | None:
    """The picture whose pixels columns of these names are, row by row."""
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


def _png(pixels: np.ndarray) -> bytes:
    """A PNG of bytes (height, width, 1 or 3) (ISO/IEC 15948)."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each row begins with 0: not filtered
    rows[:, 1:] = pixels.reshape(height, -1)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(rows.tobytes()), b"IEND": b""}
    written = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks.items():
        written += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return written
