"""Reference augmentation: data (n, H, W, C), rows (B,), x and y (B, H, W, C), border and reach (C,)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.random import MASK, below, philox

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord

#: what each of the random numbers of a sample is for
(
    DOWN, RIGHT, FLIP, FLOP, ANGLE, SHIFT_DOWN, SHIFT_RIGHT, SCALE, SHEAR, CUT_DOWN, CUT_RIGHT, BRIGHTNESS, CONTRAST,
    SATURATION,
) = range(14)  # fmt: skip
#: how much of each of red, green and blue is gray (ITU-R BT.601)
GRAY = (0.299, 0.587, 0.114)


def gather_augmented(
    data: np.ndarray,
    rows: np.ndarray,
    offset: np.ndarray,
    factor: np.ndarray,
    *,
    crop: int,
    horizontal: int,
    vertical: int,
    rotate: float,
    down: float,
    right: float,
    scale_low: float,
    scale_high: float,
    shear: float,
    cutout: int,
    brightness: float,
    contrast: float,
    saturation: float,
    stream: int,
    key: int,
    width: int,
    of_bytes: int,
    step: StepRecord,
) -> np.ndarray:
    """y: the rows of the data, scaled, as `augment` changes them; black is 0 in the data, white 255 or of floats 1."""
    x = (data[rows].astype(factor.dtype) - offset) * factor
    none = namespace(x).zeros(x.shape[-1], x.dtype)
    ranges = {
        "crop": crop, "horizontal": horizontal, "vertical": vertical, "rotate": rotate, "down": down, "right": right,
        "scale_low": scale_low, "scale_high": scale_high, "shear": shear, "cutout": cutout, "brightness": brightness,
        "contrast": contrast, "saturation": saturation,
    }  # fmt: skip
    border, reach = (none - offset) * factor, none + (255 if of_bytes else 1) * factor
    return augment(x, border, reach, step=step, stream=stream, key=key, **ranges)


def augment(
    x: np.ndarray, border: np.ndarray, reach: np.ndarray, *, step: StepRecord, stream: int, key: int, **ranges: Any
) -> np.ndarray:
    """y: each pixel is that of x (or between four of them) which the sample's map takes it to, then colored.

    The random numbers of a sample, in [0, 1), are the first words of Philox with counter (place in the epoch, number,
    epoch, stream) and the words of `key`, over 2³².
    """
    place = step.position + namespace(x).arange(len(x))
    counter = (place[:, None], np.arange(16)[None], step.epoch, stream)
    bits = philox(counter, (key & MASK, key >> 32 & MASK))[0][..., None, None]
    return _colored(_moved(x, border, bits, ranges), reach, bits[:, :, 0, 0] / 2.0**32, ranges)


def _moved(x: np.ndarray, border: np.ndarray, bits: np.ndarray, ranges: Any) -> np.ndarray:
    xp = namespace(x)
    _, height, width, _ = x.shape
    row, column = xp.arange(height)[:, None], xp.arange(width)[None]
    half = np.uint32(1 << 31)
    rows = xp.where(bits[:, FLIP] < half, height - 1 - row, row) if ranges["vertical"] else row
    columns = xp.where(bits[:, FLOP] < half, width - 1 - column, column) if ranges["horizontal"] else column
    down, right = (below(bits[:, which], 2 * ranges["crop"] + 1) - ranges["crop"] for which in (DOWN, RIGHT))
    if is_whole(ranges):
        moved = _pixels(x, rows + down, columns + right, border)
    else:
        above, beside = _turned(rows, columns, height, width, bits / 2.0**32, ranges)
        moved = _between(x, above + down, beside + right, border)
    if ranges["cutout"]:
        top, left = below(bits[:, CUT_DOWN], height), below(bits[:, CUT_RIGHT], width)
        top, left, size = top - ranges["cutout"] // 2, left - ranges["cutout"] // 2, ranges["cutout"]
        cut = (row >= top) & (row < top + size) & (column >= left) & (column < left + size)
        moved = xp.where(cut[..., None], border, moved)
    return moved.astype(x.dtype)


def is_whole(ranges: Any) -> bool:
    """Whether pixels come to lie on pixels."""
    return not (ranges["rotate"] or ranges["down"] or ranges["right"] or ranges["shear"]) and (
        ranges["scale_low"] == ranges["scale_high"] == 1
    )


def _turned(
    rows: np.ndarray, columns: np.ndarray, height: int, width: int, u: np.ndarray, ranges: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel of y comes from, in the type of u: the inverse rotation about the center, then the shift."""
    xp = namespace(u)
    angle = (2 * u[:, ANGLE] - 1) * ranges["rotate"]
    scale = ranges["scale_low"] + u[:, SCALE] * (ranges["scale_high"] - ranges["scale_low"])
    shear = (2 * u[:, SHEAR] - 1) * ranges["shear"]
    down, right = rows - (height - 1) / 2, columns - (width - 1) / 2
    cosine, sine = xp.cos(angle) / scale, xp.sin(angle) / scale
    right = right + shear * down
    source_rows = cosine * down - sine * right + (height - 1) / 2
    source_columns = sine * down + cosine * right + (width - 1) / 2
    source_rows = source_rows + (2 * u[:, SHIFT_DOWN] - 1) * ranges["down"] * height
    return source_rows, source_columns + (2 * u[:, SHIFT_RIGHT] - 1) * ranges["right"] * width


def _pixels(x: np.ndarray, rows: np.ndarray, columns: np.ndarray, border: np.ndarray) -> np.ndarray:
    xp = namespace(x)
    samples, height, width, _ = x.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    sample = xp.arange(samples)[:, None, None]
    found = x[sample, xp.clip(rows, 0, height - 1), xp.clip(columns, 0, width - 1)]
    return xp.where(inside[..., None], found, border)


def _between(x: np.ndarray, rows: np.ndarray, columns: np.ndarray, border: np.ndarray) -> np.ndarray:
    """Bilinear interpolation."""
    xp = namespace(x)
    top, left = xp.floor(rows), xp.floor(columns)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    top, left = top.astype(int), left.astype(int)
    upper = _pixels(x, top, left, border) * (1 - right) + _pixels(x, top, left + 1, border) * right
    lower = _pixels(x, top + 1, left, border) * (1 - right) + _pixels(x, top + 1, left + 1, border) * right
    return upper * (1 - down) + lower * down


def _colored(x: np.ndarray, reach: np.ndarray, u: np.ndarray, ranges: Any) -> np.ndarray:
    """`u` (B, 16) are the random numbers of each sample."""
    if not (ranges["brightness"] or ranges["contrast"] or ranges["saturation"]):
        return x
    u = u[:, :, None, None, None]
    contrast = 1 + (2 * u[:, CONTRAST] - 1) * ranges["contrast"]
    mean = x.mean(axis=(1, 2), keepdims=True)
    y = (x - mean) * contrast + mean + (2 * u[:, BRIGHTNESS] - 1) * ranges["brightness"] * reach
    if ranges["saturation"]:
        gray = (y * np.array(GRAY, x.dtype)).sum(axis=-1, keepdims=True)
        y = gray + (y - gray) * (1 + (2 * u[:, SATURATION] - 1) * ranges["saturation"])
    return y.astype(x.dtype)
