"""How many windows fit along an axis, and how much padding comes before it: for convolutions and pools alike."""

from __future__ import annotations

from typing import Literal

from dltool.ops.op import ShapeError

Padding = int | Literal["valid", "same"]


def window(size: int, kernel: int, stride: int, padding: Padding, dilation: int = 1) -> tuple[int, int]:
    """(windows, padding before the first element) along an axis; raises `ShapeError` where no window fits.

    'same' is TensorFlow's: one window for every `stride` elements, an odd element of padding at the end. A number pads
    both ends.
    """
    extent = (kernel - 1) * dilation + 1
    if padding == "same":
        count = -(-size // stride)
        return count, max((count - 1) * stride + extent - size, 0) // 2
    before = 0 if padding == "valid" else padding
    if extent > size + 2 * before:
        padded = f" padded by {before}" if before else ""
        raise ShapeError(f"a window of {extent} does not fit a length of {size}{padded}")
    return (size + 2 * before - extent) // stride + 1, before
