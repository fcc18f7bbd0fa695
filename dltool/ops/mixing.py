"""Mixup and cutmix: pairing the samples of a batch, and mixing each pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.batch import ROWS
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value

#: blended by a share, and replaced from a top left to before a bottom right pixel
MIXTURE = Spec((5,))


@register("op", "pair")
class Pair(Op):
    """(others () int64, mixture (5,), share (1,)): rows to mix those of a batch with, how, and what is left of them.

    From rows () and two tables of λ's quantiles (K,), evenly spaced: of blending, and of replacing a patch, which a
    sample meets with the probability `patches`. A mixture is the other's part of all pixels, and its own rectangle
    (top, left, bottom, right). Sample i is paired with sample i + shift of the batch, whose shift is drawn from 1 on.
    """

    operands = "rows, blending, patching -> others, mixture, share"
    cut = Cut.ONCE  # the other row may be one that another thread fetches
    attributes: ClassVar = {"patches": 0.0, "height": 1, "width": 1, "stream": 0, "key": 0}
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        rows, *tables = inputs
        if rows.spec != ROWS:
            raise ShapeError(f"rows are one integer per sample, got {rows.spec.dtype} {list(rows.shape)}")
        for table in tables:
            if len(table.shape) != 1 or table.shape[0] < 2:
                raise ShapeError(f"a table of quantiles is needed, got {list(table.shape)}")
        return ROWS, MIXTURE, Spec((1,))


@register("op", "mix")
class Mix(Op):
    """y (H, W, C) = x · (1 − part) + other · part, both (H, W, C), and other where a mixture (5,) says so."""

    operands = "x, other, mixture -> y"
    attributes: ClassVar = {"width": 1}
    in_place = True
    operations = 3

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, other, mixture = inputs
        if len(x.shape) != 3 or x.spec != other.spec or mixture.spec != MIXTURE:
            raise ShapeError(f"{list(x.shape)} and {list(other.shape)} cannot be mixed by {list(mixture.shape)}")
        return (x.spec,)
