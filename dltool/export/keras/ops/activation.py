"""Elementwise activations."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def relu(model: Model, x: Operand) -> Variable:
    """relu."""
    return model.let(f"ops.relu({x.made.name})")


def leaky_relu(model: Model, x: Operand, *, slope: float) -> Variable:
    """leaky_relu."""
    return model.let(f"ops.leaky_relu({x.made.name}, {slope:.9g})")


def elu(model: Model, x: Operand, *, alpha: float) -> Variable:
    """elu."""
    return model.let(f"ops.elu({x.made.name}, {alpha:.9g})")


def selu(model: Model, x: Operand) -> Variable:
    """selu."""
    return model.let(f"ops.selu({x.made.name})")


def gelu(model: Model, x: Operand) -> Variable:
    """gelu."""
    return model.let(f"ops.gelu({x.made.name}, approximate=False)")


def gelu_tanh(model: Model, x: Operand) -> Variable:
    """gelu by a tanh."""
    return model.let(f"ops.gelu({x.made.name}, approximate=True)")


def silu(model: Model, x: Operand) -> Variable:
    """silu."""
    return model.let(f"ops.silu({x.made.name})")


def tanh(model: Model, x: Operand) -> Variable:
    """tanh."""
    return model.let(f"ops.tanh({x.made.name})")


def sigmoid(model: Model, x: Operand) -> Variable:
    """sigmoid."""
    return model.let(f"ops.sigmoid({x.made.name})")


def softplus(model: Model, x: Operand) -> Variable:
    """softplus."""
    return model.let(f"ops.softplus({x.made.name})")
