"""What recurrent ops share, and the step before each step of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value


@register("op", "previous_step")
class PreviousStep(Op):
    """z (T, H) = y (T, H) one step later: zeros, or the initial state (H), come first."""

    operands = "y, *initial -> z"
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        y, *initial = inputs
        check_initial(initial, y.shape[-1], count=1)
        return (y.spec,)


def check_recurrent(products: Value, recurrent: Value, *, gates: int) -> tuple[int, int]:
    """Steps and units; raises ShapeError where the weights do not fit the products of the inputs."""
    units = recurrent.shape[0]
    if len(products.shape) != 2 or recurrent.shape != (units, gates * units) or products.shape[1] != gates * units:
        raise ShapeError(f"recurrent weights {list(recurrent.shape)} do not fit {list(products.shape)}")
    return products.shape[0], units


def check_initial(initial: Sequence[Value], units: int, *, count: int) -> None:
    """Raises ShapeError unless the initial states are none, or `count` vectors of all units."""
    if len(initial) not in (0, count) or any(value.spec != Spec((units,)) for value in initial):
        raise ShapeError(f"initial states {list(initial)} do not fit {units} units")


def product_flops(products: Value, recurrent: Value) -> int:
    """Multiplications and additions of the products from step to step."""
    return 2 * products.spec.size * recurrent.shape[0]
