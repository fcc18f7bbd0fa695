"""Which axes of an array are those of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

#: pixels in each direction that make a picture
SMALLEST = 6
#: a picture is at most this many times as wide as it is high, or the other way
LONGEST = 4
#: numbers of channels that pictures have; the second of two and the last of four is opacity, depth or infrared
CHANNELS = (1, 2, 3, 4)

#: where the channels of a picture stand
Axes = Literal["channels_last", "channels_first"]


def are_sides(height: int, width: int) -> bool:
    """Whether these are sides that a picture may have."""
    return min(height, width) >= SMALLEST and max(height, width) <= LONGEST * min(height, width)


def channels_come_last(shape: Sequence[int]) -> bool:
    """Whether arrays of this shape look like pictures (height, width, channels)."""
    return len(shape) == 3 and shape[2] in CHANNELS and are_sides(*shape[:2])


def channels_come_first(shape: Sequence[int]) -> bool:
    """Whether arrays of this shape look like pictures (channels, height, width), and like no others."""
    return len(shape) == 3 and shape[0] in CHANNELS and not channels_come_last(shape) and are_sides(*shape[1:])


def image_shape(shape: Sequence[int]) -> tuple[int, int, int] | None:
    """Height, width and channels of arrays that are pictures."""
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3)):
        return None
    height, width = shape[:2]
    return (height, width, shape[2] if len(shape) == 3 else 1) if are_sides(height, width) else None
