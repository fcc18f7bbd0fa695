"""Samples that can be looked at, as images of a page."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode

import numpy as np

from dltool.data.inspection.sample_images import as_bytes
from dltool.report.markup import Markup, element

#: pixels in each direction that a picture of the page has at most
LARGEST = 96


def picture(values: np.ndarray, about: str) -> Markup:
    """Values (height, width, channels) as an image: bytes unchanged, other numbers scaled from minimum to maximum."""
    step = -(-max(values.shape[:2]) // LARGEST)
    values = as_bytes(values[::step, ::step])
    height, width = values.shape[:2]
    source = f"data:image/png;base64,{b64encode(_png(values)).decode()}"
    return element("img", src=source, alt=about, title=about, width=width, height=height, class_="picture")


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
