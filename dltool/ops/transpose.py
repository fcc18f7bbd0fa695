"""Refreshing the transposed twin of a matrix, after an update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value


@register("op", "transpose")
class Transpose(Op):
    """twin (N, K) = wᵀ, of w (K, N) and twin."""

    cut = Cut.PARAMETER
    updates = (1,)

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        w, twin = inputs
        if len(w.shape) != 2 or twin.shape != w.shape[::-1]:
            raise ShapeError(f"{list(twin.shape)} cannot hold the transposed {list(w.shape)}")
        return ()
