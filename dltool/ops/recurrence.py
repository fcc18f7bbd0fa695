"""What recurrent ops share: the step before each step, and what is remembered from one batch to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


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


@register("op", "load_memory")
class LoadMemory(Op):
    """y (H,) of each sample = its row of a memory (samples, H); zeros where the step is the first of its epoch."""

    operands = "memory -> y"
    moves = True
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec(_memory(*inputs).shape[1:]),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (None,)


@register("op", "store_memory")
class StoreMemory(Op):
    """The last step of y (T, H) of each sample becomes its row of a memory (samples, H)."""

    operands = "y, memory ->"
    updates = (1,)
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        y, memory = inputs
        if len(y.shape) != 2 or y.shape[1:] != _memory(memory).shape[1:]:
            raise ShapeError(f"cannot remember {list(y.shape)} in {list(memory.shape)}")
        return ()


@register("op", "row_of_position")
class RowOfPosition(Op):
    """y (1, C) of each sample = the row of x (T, C) with the number of the step's position, at most the last."""

    operands = "x -> y"
    attributes: ClassVar = {"steps": 1}
    moves = True
    uses_step = True

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        return cls, {"steps": inputs[0].shape[0]}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec((1, *_memory(*inputs).shape[1:])),)


def _memory(value: Value) -> Spec:
    if value.spec.batched or len(value.shape) != 2:
        raise ShapeError(f"a matrix outside the batch is needed, got {list(value.shape)}")
    return value.spec


class Recurrent(Op):
    """Goes from step to step; the products of the inputs with their weights are made before, for all steps at once.

    Its first inputs are products (T, gates · H) and recurrent (H, gates · H). Its last are `extras`: the initial states
    (H), or none, and with `masked` 1 a mask (1, H), by which y₋₁ is multiplied wherever it meets recurrent weights.
    With `rounded` 1, what meets these is rounded to bfloat16 before.
    """

    attributes: ClassVar = {"masked": 0, "rounded": 0}
    rounds = slice(1, 2)
    in_place = True
    sequential = True

    @staticmethod
    def flops(node: Node) -> int:
        products, recurrent, *_ = node.inputs
        return 2 * products.spec.size * recurrent.shape[0] + 10 * products.spec.size


class RecurrentGradient(Recurrent):
    """The slopes of the products, the last step first, in the place of the first input."""

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (inputs[0].spec,)


def recurrent_weight_gradient(graph: Graph, y: Value, dsums: Value, extras: Sequence[Value], masked: int) -> Value:
    """The gradient of recurrent (H, gates · H), from dsums (T, gates · H): the slopes of its products with y₋₁."""
    initial, mask = states_and_mask(extras, masked)
    before = graph.apply("previous_step", y, *initial[:1])
    for factors in mask:
        before = graph.apply("multiply", before, factors)
    return graph.apply("matmul_weight_gradient", before, dsums)


def states_and_mask(extras: Sequence[Value], masked: int) -> tuple[Sequence[Value], Sequence[Value]]:
    """Initial states, and at most one mask."""
    count = len(extras) - masked
    return extras[:count], extras[count:]


def check_recurrent(
    products: Value, recurrent: Value, extras: Sequence[Value], *, gates: int, states: int, masked: int
) -> tuple[int, int]:
    """Steps and units; raises ShapeError where the weights, the initial states or the mask do not fit."""
    units = recurrent.shape[0]
    if len(products.shape) != 2 or recurrent.shape != (units, gates * units) or products.shape[1] != gates * units:
        raise ShapeError(f"recurrent weights {list(recurrent.shape)} do not fit {list(products.shape)}")
    initial, mask = states_and_mask(extras, masked)
    check_initial(initial, units, count=states)
    if len(mask) != masked or any(value.spec != Spec((1, units)) for value in mask):
        raise ShapeError(f"masks {list(mask)} do not fit {units} units")
    return products.shape[0], units


def check_initial(initial: Sequence[Value], units: int, *, count: int) -> None:
    """Raises ShapeError unless the initial states are none, or `count` vectors of all units."""
    if len(initial) not in (0, count) or any(value.spec != Spec((units,)) for value in initial):
        raise ShapeError(f"initial states {list(initial)} do not fit {units} units")
