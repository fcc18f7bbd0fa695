"""Which axes of an array are height, width and channels of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

#: smallest side of an image in pixels
SMALLEST = 6
#: largest ratio of an image's sides
LONGEST = 4
#: possible numbers of channels; the last of two or four is opacity, depth or infrared
CHANNELS = (1, 2, 3, 4)

#: the position of the channel axis
Axes = Literal["channels_last", "channels_first"]


def are_sides(height: int, width: int) -> bool:
    """Whether an image may have these sides."""
    return min(height, width) >= SMALLEST and max(height, width) <= LONGEST * min(height, width)


def channels_come_last(shape: Sequence[int]) -> bool:
    """Whether arrays of this shape look like images (height, width, channels)."""
    return len(shape) == 3 and shape[2] in CHANNELS and are_sides(*shape[:2])


def channels_come_first(shape: Sequence[int]) -> bool:
    """Whether arrays of this shape look like images (channels, height, width), and not (height, width, channels)."""
    return len(shape) == 3 and shape[0] in CHANNELS and not channels_come_last(shape) and are_sides(*shape[1:])


def image_shape(shape: Sequence[int]) -> tuple[int, int, int] | None:
    """Height, width and channels of arrays that are images; None for other arrays."""
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3)):
        return None
    height, width = shape[:2]
    return (height, width, shape[2] if len(shape) == 3 else 1) if are_sides(height, width) else None
