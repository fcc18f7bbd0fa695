"""Adding up what the shards of a batch give, in an order that does not depend on who computes them.

Shards are added in pairs, pairs in fours, and so on; what has no partner yet goes on alone: ((0 + 1) + (2 + 3)) + 4.
A process that computes 2, 4, 8, … consecutive shards, from a multiple of their number on, thus adds up a whole part of
the sum, and only that part has to travel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Cut, Op, Spec
from dltool.ops.shapes import check_alike
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value


@register("op", "add_shard")
class AddShard(Op):
    """Adds g, of shard `step.number` out of `step.count`; the last shard leaves the sum of all in the first total.

    The total of level k holds the sum of 2^k shards until that of the next 2^k comes. Every operand has one shape.
    """

    operands = "g, *totals"
    cut = Cut.PARAMETER
    uses_step = True
    operations = 1

    @classmethod
    def updated(cls, inputs: tuple[Value, ...]) -> tuple[Value, ...]:
        return inputs[1:]

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return ()


@register("op", "restart_statistic")
class RestartStatistic(Op):
    """Before the first shard of an update: before = statistic; before the others: statistic = before. Both (C,)."""

    operands = "statistic, before"
    cut = Cut.CHANNELS
    updates = (0, 1)
    uses_step = True
    operations = 1

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return ()


@register("op", "mean_of_shards")
class MeanOfShards(Op):
    """statistic = total / shards of the update, of total and statistic, of one shape."""

    operands = "total, statistic"
    cut = Cut.PARAMETER
    updates = (1,)
    uses_step = True
    operations = 1

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return ()
