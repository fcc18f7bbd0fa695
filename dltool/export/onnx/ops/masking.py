"""Sequences of unequal length: which steps count, the last of them, their mean, their reverse."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from dltool.export.onnx.model import Input, Model, Operand

_STEPS = np.array([1], np.int64)
_ONE = np.array(1, np.int64)


def lengths(model: Model, codes: Operand) -> str:
    """How many codes are not negative, at least 1."""
    present = model.node("Cast", model.node("GreaterOrEqual", codes, np.array(0, np.int32)), to=TensorProto.INT64)
    axes = np.arange(1, 1 + len(codes.shape))
    return model.node("Max", model.node("ReduceSum", present, axes, keepdims=0), _ONE)


def window_lengths(model: Model, lengths: Operand, *, reach: int, stride: int, padding: int) -> str:
    """How many windows fit, at least 1: whole numbers are divided only where they are not negative."""
    room = model.node("Add", model.node("Max", lengths, _ONE), np.array(2 * padding - reach, np.int64))
    fitting = model.node("Div", model.node("Max", room, np.array(0, np.int64)), np.array(stride, np.int64))
    return model.node("Add", fitting, _ONE)


def mask(model: Model, x: Operand, lengths: Operand, *, fill: float) -> str:
    """Where."""
    counts = model.reshaped(counting(model, x.shape[0], lengths), 0, 0, 1)
    return model.node("Where", counts, x, np.array(fill, np.float32))


def last_step(model: Model, x: Operand, *lengths: Operand) -> str:
    """Gather, or the sum of all steps of which only the last one counts."""
    if not lengths:
        return model.node("Gather", x, np.array(x.shape[0] - 1, np.int64), axis=1)
    here = model.node("Equal", np.arange(x.shape[0]), _last(model, lengths[0]))
    chosen = model.node("Where", model.reshaped(here, 0, 0, 1), x, np.array(0, np.float32))
    return model.node("ReduceSum", chosen, _STEPS, keepdims=0)


def mean_steps(model: Model, x: Operand, lengths: Operand) -> str:
    """The sum of the steps that count, divided by their number."""
    total = model.node("ReduceSum", mask(model, x, lengths, fill=0.0), _STEPS, keepdims=0)
    number = model.node("Cast", model.node("Max", lengths, _ONE), to=TensorProto.FLOAT)
    return model.node("Div", total, model.reshaped(number, 0, 1))


def reverse(model: Model, x: Operand, *lengths: Operand) -> str:
    """Slice with a step of −1, or Gather of the steps that count in reverse."""
    if not lengths:
        ends = np.array([-1], np.int64), np.array([np.iinfo(np.int64).min], np.int64)
        return model.node("Slice", x, *ends, _STEPS, np.array([-1], np.int64))
    step, last = np.arange(x.shape[0]), _last(model, lengths[0])
    from_behind = model.node("Sub", last, step)
    place = model.node("Where", model.node("GreaterOrEqual", from_behind, np.array(0, np.int64)), from_behind, step)
    return model.node("GatherND", x, model.reshaped(place, 0, 0, 1), batch_dims=1)


def counting(model: Model, steps: int, lengths: Input) -> str:
    """(B, T): whether a step counts."""
    return model.node("Less", np.arange(steps), model.reshaped(model.node("Max", lengths, _ONE), 0, 1))


def _last(model: Model, lengths: Input) -> str:
    """(B, 1): the last step that counts."""
    return model.reshaped(model.node("Sub", model.node("Max", lengths, _ONE), _ONE), 0, 1)
