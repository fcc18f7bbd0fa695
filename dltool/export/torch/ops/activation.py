"""Elementwise activations."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def relu(module: Module, x: Operand) -> Variable:
    """relu."""
    return module.alike(x, "functional.relu({})")


def leaky_relu(module: Module, x: Operand, *, slope: float) -> Variable:
    """leaky_relu."""
    return module.alike(x, f"functional.leaky_relu({{}}, {slope:.9g})")


def elu(module: Module, x: Operand, *, alpha: float) -> Variable:
    """elu."""
    return module.alike(x, f"functional.elu({{}}, {alpha:.9g})")


def selu(module: Module, x: Operand) -> Variable:
    """selu."""
    return module.alike(x, "functional.selu({})")


def gelu(module: Module, x: Operand) -> Variable:
    """gelu."""
    return module.alike(x, "functional.gelu({})")


def gelu_tanh(module: Module, x: Operand) -> Variable:
    """gelu by a tanh."""
    return module.alike(x, 'functional.gelu({}, approximate="tanh")')


def silu(module: Module, x: Operand) -> Variable:
    """silu."""
    return module.alike(x, "functional.silu({})")


def tanh(module: Module, x: Operand) -> Variable:
    """tanh."""
    return module.alike(x, "torch.tanh({})")


def sigmoid(module: Module, x: Operand) -> Variable:
    """sigmoid."""
    return module.alike(x, "torch.sigmoid({})")


def softplus(module: Module, x: Operand) -> Variable:
    """softplus."""
    return module.alike(x, "functional.softplus({})")
