"""Products of activations and weight matrices, with the two products of their backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "matmul")
class Matmul(Op):
    """y (…, N) = x (…, K) · w (K, N)."""

    operands = "x, w -> y"
    rounds = slice(2)
    weight_axes = (-2, -1)
    takes_epilogue = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, w = inputs
        if x.shape[-1] != w.shape[0]:
            raise ShapeError(f"cannot multiply {list(x.shape)} by {list(w.shape)}")
        return (Spec((*x.shape[:-1], w.shape[1])),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, w = node.inputs
        dx = graph.apply("matmul_data_gradient", dy, w) if x.needs_gradient else None
        return dx, graph.apply("matmul_weight_gradient", x, dy)

    @staticmethod
    def flops(node: Node) -> int:
        x, w = node.inputs
        return 2 * x.spec.size * w.shape[1]


@register("op", "matmul_data_gradient")
class MatmulDataGradient(Op):
    """dx (…, K) = dy (…, N) · w (K, N)ᵀ."""

    operands = "dy, w -> dx"
    rounds = slice(2)
    weight_axes = (-1, -2)
    takes_epilogue = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, w = inputs
        if dy.shape[-1] != w.shape[1]:
            raise ShapeError(f"cannot multiply {list(dy.shape)} by the transposed {list(w.shape)}")
        return (Spec((*dy.shape[:-1], w.shape[0])),)

    @staticmethod
    def gradient(graph: Graph, node: Node, upstream: Value) -> tuple[Value | None, ...]:
        dy, w = node.inputs
        down = graph.apply("matmul", upstream, w) if dy.needs_gradient else None
        return down, graph.apply("matmul_weight_gradient", upstream, dy)

    @staticmethod
    def flops(node: Node) -> int:
        dy, w = node.inputs
        return 2 * dy.spec.size * w.shape[0]


@register("op", "matmul_weight_gradient")
class MatmulWeightGradient(Op):
    """dw (K, N) = Σ over rows of x (…, K)ᵀ · dy (…, N)."""

    operands = "x, dy -> dw"
    rounds = slice(2)
    cut = Cut.PARAMETER

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, dy = inputs
        return (Spec((x.shape[-1], dy.shape[-1]), batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        x, dy = node.inputs
        return 2 * x.spec.size * dy.shape[-1]
