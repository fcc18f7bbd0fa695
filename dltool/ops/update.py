"""The updates of the optimizers: a parameter, its slots, and its gradient last; all but the gradient are overwritten.

Numbers that change from step to step come in `StepRecord.scalars`, in the order that each op states. `coupled` is
added to the gradient as coupled · w, `decoupled` is the fraction by which w shrinks; both act only where the
attribute `decays` is 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Cut, Op, Spec
from dltool.ops.shapes import check_alike
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value


class Update(Op):
    """One step of an optimizer on one parameter."""

    cut = Cut.PARAMETER
    attributes: ClassVar = {"decays": 0}
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return ()


@register("op", "sgd")
class Sgd(Update):
    """w, gradient; scalars: lr, s_in, s_out, momentum, coupled, decoupled, as for momentum, of which lr is used."""

    operands = "w, g"

    operations = 2
    updates = (0,)


@register("op", "momentum")
class Momentum(Update):
    """w, v, gradient; scalars: lr, s_in, s_out, momentum, coupled, decoupled.

    s_in scales the gradient on its way into the velocity v, s_out scales v on its way into w; lr is not used.
    """

    operands = "w, v, g"
    attributes: ClassVar = {"nesterov": 0, "decays": 0}
    operations = 5
    updates = (0, 1)


@register("op", "adam")
class Adam(Update):
    """w, m, v, gradient; with w −= a · m / (√v · c + eps).

    Scalars: a, c, beta1, 1 − beta1, beta2, 1 − beta2, eps, coupled, decoupled; the complements are given too.
    """

    operands = "w, m, v, g"

    operations = 12
    updates = (0, 1, 2)


@register("op", "rmsprop")
class RmsProp(Update):
    """w, v, gradient; scalars: lr, rho, eps_inside, eps_outside (the root), coupled, decoupled."""

    operands = "w, v, g"

    operations = 10
    updates = (0, 1)


@register("op", "adagrad")
class Adagrad(Update):
    """w, s, gradient; scalars: lr, eps_inside, eps_outside, coupled, decoupled."""

    operands = "w, s, g"

    operations = 8
    updates = (0, 1)


@register("op", "lion")
class Lion(Update):
    """w, m, gradient; scalars: lr, beta1, beta2, coupled, decoupled."""

    operands = "w, m, g"

    operations = 9
    updates = (0, 1)


@register("op", "accumulate")
class Accumulate(Op):
    """total = gradient in the first micro-batch of an update, else total + gradient; of gradient and total."""

    operands = "g, total"
    cut = Cut.PARAMETER
    updates = (1,)
    uses_step = True
    operations = 1

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return ()


@register("op", "sum_gradients")
class SumGradients(Op):
    """y = a + b, gradients of one parameter that is used in two places."""

    operands = "a, b -> y"
    cut = Cut.PARAMETER

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return (inputs[0].spec,)


@register("op", "average")
class Average(Op):
    """e = decay · e + (1 − decay) · w, of w and e; after the first update e = w, as in PyTorch and Keras."""

    operands = "w, e"
    cut = Cut.PARAMETER
    attributes: ClassVar = {"decay": 0.999}
    updates = (1,)
    uses_step = True
    operations = 3

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return ()
