"""Products in bfloat16: operands are words of two numbers each, sums are float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value


@register("op", "bfloat16_matmul")
class Bfloat16Matmul(Op):
    """y (…, N) = x (…, K) · w (K, N), of words (…, K/2) and (K/2, N)."""

    operands = "x, w -> y"
    takes_epilogue = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, w = inputs
        if {x.spec.dtype, w.spec.dtype} != {"uint32"} or not x.shape[-1] <= w.shape[0] < x.shape[-1] + 16:
            raise ShapeError(f"cannot multiply words {list(x.shape)} by {list(w.shape)}")
        return (Spec((*x.shape[:-1], w.shape[1])),)

    @staticmethod
    def flops(node: Node) -> int:
        x, w = node.inputs
        return 4 * x.spec.size * w.shape[1]


@register("op", "bfloat16_weight_gradient")
class Bfloat16WeightGradient(Op):
    """dw (K, N) = Σ over rows of x (…, K)ᵀ · dy (…, N), of words of two rows each."""

    operands = "x, dy -> dw"
    cut = Cut.PARAMETER
    whole_inputs = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, dy = inputs
        if {x.spec.dtype, dy.spec.dtype} != {"uint32"} or x.shape[:-1] != dy.shape[:-1]:
            raise ShapeError(f"cannot multiply words {list(x.shape)} by {list(dy.shape)}")
        return (Spec((x.shape[-1], dy.shape[-1]), batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        x, dy = node.inputs
        return 4 * x.spec.size * dy.shape[-1]
