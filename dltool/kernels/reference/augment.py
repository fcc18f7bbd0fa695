"""Reference augmentation: data (n, H, W, C), rows (B,), x and y (B, H, W, C), border and reach (C,)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dltool.kernels.reference.random import MASK, philox

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
    none = np.zeros(x.shape[-1], x.dtype)
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
    place = (step.position + np.arange(len(x), dtype=np.int64)) & MASK
    counter = (place[:, None], np.arange(16)[None], step.epoch & MASK, stream)
    drawn = philox(counter, (key & MASK, key >> 32 & MASK))[0] / 2.0**32
    images = zip(x, drawn, strict=True)
    return np.stack([_colored(_moved(image, border, u, ranges), reach, u, ranges) for image, u in images])


def _moved(image: np.ndarray, border: np.ndarray, u: np.ndarray, ranges: Any) -> np.ndarray:
    height, width, _ = image.shape
    rows, columns = np.mgrid[:height, :width]
    if ranges["vertical"] and u[FLIP] < 0.5:
        rows = height - 1 - rows
    if ranges["horizontal"] and u[FLOP] < 0.5:
        columns = width - 1 - columns
    cut = np.zeros((height, width), bool)
    if ranges["cutout"]:
        half = ranges["cutout"] // 2
        top, left = int(u[CUT_DOWN] * height) - half, int(u[CUT_RIGHT] * width) - half
        grid = np.mgrid[:height, :width]
        cut = (grid[0] >= top) & (grid[0] < top + ranges["cutout"])
        cut &= (grid[1] >= left) & (grid[1] < left + ranges["cutout"])
    if is_whole(ranges):
        rows = rows + int(u[DOWN] * (2 * ranges["crop"] + 1)) - ranges["crop"]
        columns = columns + int(u[RIGHT] * (2 * ranges["crop"] + 1)) - ranges["crop"]
        moved = _pixels(image, rows, columns, border)
    else:
        moved = _between(image, *_turned(rows, columns, height, width, u, ranges), border)
    return np.where(cut[..., None], border, moved).astype(image.dtype)


def is_whole(ranges: Any) -> bool:
    """Whether pixels come to lie on pixels."""
    return not (ranges["rotate"] or ranges["down"] or ranges["right"] or ranges["shear"]) and (
        ranges["scale_low"] == ranges["scale_high"] == 1
    )


def _turned(
    rows: np.ndarray, columns: np.ndarray, height: int, width: int, u: np.ndarray, ranges: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel of y comes from, in float64: the inverse rotation about the center, then the shift."""
    angle = (2 * u[ANGLE] - 1) * ranges["rotate"]
    scale = ranges["scale_low"] + u[SCALE] * (ranges["scale_high"] - ranges["scale_low"])
    shear = (2 * u[SHEAR] - 1) * ranges["shear"]
    down, right = rows - (height - 1) / 2, columns - (width - 1) / 2
    cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
    right = right + shear * down
    source_rows = cosine * down - sine * right + (height - 1) / 2
    source_columns = sine * down + cosine * right + (width - 1) / 2
    whole_down = int(u[DOWN] * (2 * ranges["crop"] + 1)) - ranges["crop"]
    whole_right = int(u[RIGHT] * (2 * ranges["crop"] + 1)) - ranges["crop"]
    source_rows = source_rows + whole_down + (2 * u[SHIFT_DOWN] - 1) * ranges["down"] * height
    return source_rows, source_columns + whole_right + (2 * u[SHIFT_RIGHT] - 1) * ranges["right"] * width


def _pixels(image: np.ndarray, rows: np.ndarray, columns: np.ndarray, border: np.ndarray) -> np.ndarray:
    height, width, _ = image.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found = image[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return np.where(inside[..., None], found, border)


def _between(image: np.ndarray, rows: np.ndarray, columns: np.ndarray, border: np.ndarray) -> np.ndarray:
    """Bilinear interpolation."""
    top, left = np.floor(rows), np.floor(columns)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    top, left = top.astype(np.int64), left.astype(np.int64)
    upper = _pixels(image, top, left, border) * (1 - right) + _pixels(image, top, left + 1, border) * right
    lower = _pixels(image, top + 1, left, border) * (1 - right) + _pixels(image, top + 1, left + 1, border) * right
    return upper * (1 - down) + lower * down


def _colored(image: np.ndarray, reach: np.ndarray, u: np.ndarray, ranges: Any) -> np.ndarray:
    if not (ranges["brightness"] or ranges["contrast"] or ranges["saturation"]):
        return image
    contrast = 1 + (2 * u[CONTRAST] - 1) * ranges["contrast"]
    mean = image.mean(axis=(0, 1))
    y = (image - mean) * contrast + mean + (2 * u[BRIGHTNESS] - 1) * ranges["brightness"] * reach
    if ranges["saturation"]:
        gray = (y * GRAY).sum(axis=-1, keepdims=True)
        y = gray + (y - gray) * (1 + (2 * u[SATURATION] - 1) * ranges["saturation"])
    return y.astype(image.dtype)
