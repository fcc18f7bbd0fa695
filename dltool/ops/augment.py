"""Images fetched changed at random, to be trained on: moved, turned, cut and colored, all in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.batch import scaled_rows_of
from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value


@register("op", "gather_augmented")
class GatherAugmented(Op):
    """y (H, W, C) = rows () of data (H, W, C), x = (data − offset) · factor, changed at random.

    Data is float32 or, with `of_bytes` 1, uint8; offset and factor are () or (C,). Moved by up to `crop` pixels, or
    turned about the middle by up to `rotate` radians, moved by up to these shares of its size, enlarged by a factor
    between `scale_low` and `scale_high`, and sheared by up to a tangent of `shear`; a square of `cutout` pixels is cut
    out, which like what comes from outside is black, 0 in the data; then x · contrast about each channel's mean,
    + brightness · range of values (255 of bytes, else 1), and mixed with its gray.
    """

    operands = "data, rows, offset, factor -> y"
    uses_step = True
    attributes: ClassVar = {
        "crop": 0, "horizontal": 0, "vertical": 0, "rotate": 0.0, "down": 0.0, "right": 0.0,
        "scale_low": 1.0, "scale_high": 1.0, "shear": 0.0, "cutout": 0, "brightness": 0.0, "contrast": 0.0,
        "saturation": 0.0, "stream": 0, "key": 0, "width": 1, "of_bytes": 0,
    }  # fmt: skip

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (data, *_) = inputs
        if len(data.shape) != 3:
            raise ShapeError(f"{list(data.shape)} is no image (height, width, channels)")
        return (scaled_rows_of("uint8" if attributes["of_bytes"] else "float32", *inputs),)

    @staticmethod
    def flops(node: Node) -> int:
        return 8 * node.outputs[0].spec.size
