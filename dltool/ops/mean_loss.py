"""The loss of a batch, from the losses of its samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Cut, Op, Report, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value


@register("op", "mean_loss")
class MeanLoss(Op):
    """loss () = Σ row_loss () · scale: the batch's share of the mean over the update; in an evaluation, the sum."""

    operands = "row_loss -> loss"
    cut = Cut.ONCE
    uses_step = True
    reports = Report.LOSS

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (row_loss,) = inputs
        if row_loss.spec != Spec(()):
            raise ShapeError(f"row_loss is one number per sample, got {list(row_loss.shape)}")
        return (Spec((), batched=False),)
