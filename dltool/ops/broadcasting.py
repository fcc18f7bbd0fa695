"""Broadcasting: how a value that is smaller than another stands for one of its shape, and the sum that undoes this.

Where kernels need to know, `axes` pairs the sizes of each axis: that of the larger value, and that of the smaller,
which is the same or 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value

Axes = tuple[tuple[int, int], ...]


def paired(large: tuple[int, ...], small: tuple[int, ...]) -> Axes:
    """The sizes of each axis in both shapes; axes that `small` lacks at the front have size 1."""
    filled = (1,) * (len(large) - len(small)) + small
    return tuple(zip(large, filled, strict=False))


def check_broadcast(large: Value, small: Value) -> None:
    """Raise `ShapeError` unless `small` can be broadcast to the batched `large`.

    A batched one has as many axes as the other, so that the batch axes of both are in the same place.
    """
    axes = paired(large.shape, small.shape)
    fits = large.spec.batched and large.spec.dtype == small.spec.dtype == "float32"
    ranks = len(small.shape) == len(large.shape) if small.spec.batched else len(small.shape) <= len(large.shape)
    if not (fits and ranks and axes and all(b in (a, 1) for a, b in axes)):
        kind = "a value of the batch" if small.spec.batched else "a value outside the batch"
        raise ShapeError(f"cannot broadcast {list(small.shape)}, {kind}, to {list(large.shape)}")
    check_run(axes)


def check_run(axes: Axes) -> None:
    """Raise `ShapeError` unless the axes before the channels that differ follow one another."""
    differ = [i for i, (large, small) in enumerate(axes[:-1]) if large != small]
    run = {i for i, (large, _) in enumerate(axes) if differ and differ[0] <= i <= differ[-1] and large != 1}
    if run - set(differ):
        raise ShapeError(f"axes {differ} of {[large for large, _ in axes]} do not follow one another; transpose first")


def summed_like(graph: Graph, dy: Value | None, b: Value) -> Value | None:
    """The gradient of b from that of what it was broadcast to: the sum over all places that it stood for."""
    if dy is None or not b.needs_gradient or dy.spec == b.spec:
        return dy
    axes = paired(dy.shape, b.shape)
    if not b.spec.batched and b.shape == dy.shape[-1:]:
        return graph.apply("sum_rows", dy)
    over = tuple(i for i, (large, small) in enumerate(axes) if large != small)
    total = graph.apply("sum", dy, over=over) if over else dy
    if b.spec.batched:
        return total
    if total.shape != b.shape:
        total = graph.apply("reshape", total, shape=b.shape)
    return graph.apply("sum_samples", total)


def product_summed_like(graph: Graph, dy: Value, a: Value, b: Value) -> Value | None:
    """The gradient of b from dy · a; common cases do not store the products."""
    if not b.spec.batched and b.shape == dy.shape[-1:]:
        return graph.apply("sum_row_products", dy, a)
    if b.spec.batched and b.shape != dy.shape:
        return graph.apply("sum_products", dy, a, axes=paired(dy.shape, b.shape))
    return summed_like(graph, graph.apply("multiply", dy, a), b)


@register("op", "broadcast")
class Broadcast(Op):
    """y = x, repeated along the axes that have size 1; `axes` pairs the sizes of y and x."""

    operands = "x -> y"
    moves = True
    attributes: ClassVar = {"axes": ((1, 1),)}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        axes = attributes["axes"]
        if x.shape != tuple(small for _, small in axes) or any(small not in (large, 1) for large, small in axes):
            raise ShapeError(f"cannot broadcast {list(x.shape)} to {[large for large, _ in axes]}")
        check_run(axes)
        return (Spec(tuple(large for large, _ in axes)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (summed_like(graph, dy, node.inputs[0]),)
