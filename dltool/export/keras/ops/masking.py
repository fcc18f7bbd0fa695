"""Sequences of unequal length."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def lengths(model: Model, codes: Operand) -> Variable:
    """How many codes are not negative, at least 1."""
    axes = tuple(range(1, 1 + len(codes.shape)))
    return model.let(f'ops.maximum(ops.sum(ops.cast({codes.made.name} >= 0, "int32"), axis={axes}), 1)')


def window_lengths(model: Model, lengths: Operand, *, reach: int, stride: int, padding: int) -> Variable:
    """How many windows fit, at least 1."""
    return model.let(f"ops.maximum(({lengths.made.name} + {2 * padding - reach}) // {stride} + 1, 1)")


def mask(model: Model, x: Operand, lengths: Operand, *, fill: float) -> Variable:
    """where."""
    return model.let(f"ops.where({counting(model, x.shape[0], lengths)}[..., None], {x.made.name}, {fill!r})")


def last_step(model: Model, x: Operand, *lengths: Operand) -> Variable:
    """The last step that counts."""
    if not lengths:
        return model.let(f"{x.made.name}[:, -1]")
    place = f"({lengths[0].made.name} - 1)[:, None, None]"
    return model.let(f"ops.take_along_axis({x.made.name}, {place}, axis=1)[:, 0]")


def mean_steps(model: Model, x: Operand, lengths: Operand) -> Variable:
    """The mean of the steps that count."""
    there = f'ops.cast({counting(model, x.shape[0], lengths)}, "float32")[..., None]'
    number = f'ops.cast({lengths.made.name}, "float32")[:, None]'
    return model.let(f"ops.sum({x.made.name} * {there}, axis=1) / {number}")


def reverse(model: Model, x: Operand, *lengths: Operand) -> Variable:
    """flip, or take_along_axis of the steps that count in reverse."""
    if not lengths:
        return model.let(f"ops.flip({x.made.name}, axis=1)")
    steps = f"ops.arange({x.shape[0]})"
    place = model.let(f"{lengths[0].made.name}[:, None] - 1 - {steps}")
    order = model.let(f"ops.where({place.name} >= 0, {place.name}, {steps})[..., None]")
    return model.let(f"ops.take_along_axis({x.made.name}, {order.name}, axis=1)")


def counting(model: Model, steps: int, lengths: Operand) -> str:
    """(B, T): whether a step counts."""
    return f"ops.less(ops.arange({steps}), {lengths.made.name}[:, None])"
