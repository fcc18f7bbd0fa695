"""A part of a value along one axis, and its gradient: the same part of zeros."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


class Moving(Op):
    """Copies a part; `axes` pairs the sizes of each axis in the whole and in the part, which begins at `start`."""

    moves = True

    attributes: ClassVar = {"axes": ((1, 1),), "start": 0}


@register("op", "slice")
class Slice(Moving):
    """y (…, size, …) = x (…) from `start` on along one axis (a number, as in NumPy)."""

    operands = "x -> y"

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        (x,) = inputs
        if "axis" not in attributes:
            return cls, attributes
        axis, start, size = attributes["axis"], attributes["start"], attributes["size"]
        rank = len(x.shape)
        if not (-rank <= axis < rank and 0 <= start < start + size <= x.shape[axis]):
            raise ShapeError(f"cannot take {size} from number {start} on along axis {axis} of {list(x.shape)}")
        axes = [(n, size if i == axis % rank else n) for i, n in enumerate(x.shape)]
        return cls, {"axes": tuple(axes), "start": start}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        if not x.spec.batched or x.spec.dtype != "float32":
            raise ShapeError(f"cannot take a part of {x.spec.dtype} {list(x.shape)}")
        return (replace(x.spec, shape=tuple(small for _, small in attributes["axes"])),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply("slice_gradient", dy, **node.attributes),)


@register("op", "slice_gradient")
class SliceGradient(Moving):
    """dx (…) = dy (…, size, …) from `start` on along one axis, 0 elsewhere."""

    operands = "dy -> dx"

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (replace(inputs[0].spec, shape=tuple(large for large, _ in attributes["axes"])),)
