"""Products of two values of the batch: a matrix product for each sample, and for each place of the axes in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "batched_matmul")
class BatchedMatmul(Op):
    """z (…, M, N) = x (…, M, K) · y (…, K, N); `transpose_x`: of x (…, K, M), `transpose_y`: of y (…, N, K).

    Not both are transposed: yᵀxᵀ is the transpose of xy.
    """

    operands = "x, y -> z"
    rounds = slice(2)
    attributes: ClassVar = {"transpose_x": 0, "transpose_y": 0, "matrices": 1}

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        matrices = 1
        for size in inputs[0].shape[:-2]:
            matrices *= size
        return cls, {**cls.attributes, **attributes, "matrices": matrices}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, y = inputs
        batched = all(value.spec.batched and value.spec.dtype == "float32" for value in inputs)
        if not batched or min(len(x.shape), len(y.shape)) < 2 or x.shape[:-2] != y.shape[:-2]:
            raise ShapeError(f"cannot multiply {list(x.shape)} by {list(y.shape)}, matrix by matrix")
        if attributes["transpose_x"] and attributes["transpose_y"]:
            raise ShapeError("of a product only one operand can be transposed")
        (rows, depth), (height, columns) = x.shape[-2:], y.shape[-2:]
        if attributes["transpose_x"]:
            rows, depth = depth, rows
        if attributes["transpose_y"]:
            height, columns = columns, height
        if depth != height:
            raise ShapeError(f"cannot multiply {list(x.shape)} by {list(y.shape)}: sums over {depth} and {height}")
        return (Spec((*x.shape[:-2], rows, columns)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dz: Value) -> tuple[Value | None, ...]:
        x, y = node.inputs
        if node.attributes["transpose_x"]:
            return graph.apply("batched_matmul", y, dz, transpose_y=1), graph.apply("batched_matmul", x, dz)
        if node.attributes["transpose_y"]:
            return graph.apply("batched_matmul", dz, y), graph.apply("batched_matmul", dz, x, transpose_x=1)
        dx = graph.apply("batched_matmul", dz, y, transpose_y=1)
        return dx, graph.apply("batched_matmul", x, dz, transpose_x=1)

    @staticmethod
    def flops(node: Node) -> int:
        depth = node.inputs[0].shape[-2 if node.attributes["transpose_x"] else -1]
        return 2 * node.outputs[0].spec.size * depth
