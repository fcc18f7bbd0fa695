"""Elementwise activations."""

from __future__ import annotations

import math

import numpy as np

from dltool.export.onnx.model import Model, Operand
from dltool.kernels.reference.activation import GELU_CUBIC, GELU_SLOPE, SELU_ALPHA, SELU_SCALE


def relu(model: Model, x: Operand) -> str:
    """Relu."""
    return model.node("Relu", x)


def leaky_relu(model: Model, x: Operand, *, slope: float) -> str:
    """LeakyRelu."""
    return model.node("LeakyRelu", x, alpha=slope)


def elu(model: Model, x: Operand, *, alpha: float) -> str:
    """Elu."""
    return model.node("Elu", x, alpha=alpha)


def selu(model: Model, x: Operand) -> str:
    """Selu."""
    return model.node("Selu", x, alpha=SELU_ALPHA, gamma=SELU_SCALE)


def gelu(model: Model, x: Operand) -> str:
    """x · (1 + erf(x / √2)) / 2: ONNX has a Gelu only since operator set 20."""
    erf = model.node("Erf", model.node("Mul", x, _number(1 / math.sqrt(2))))
    return _half(model, x, erf)


def gelu_tanh(model: Model, x: Operand) -> str:
    """x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2."""
    cube = model.node("Mul", model.node("Mul", x, x), x)
    inner = model.node("Add", x, model.node("Mul", cube, _number(GELU_CUBIC)))
    return _half(model, x, model.node("Tanh", model.node("Mul", inner, _number(GELU_SLOPE))))


def silu(model: Model, x: Operand) -> str:
    """x · Sigmoid."""
    return model.node("Mul", x, model.node("Sigmoid", x))


def tanh(model: Model, x: Operand) -> str:
    """Tanh."""
    return model.node("Tanh", x)


def sigmoid(model: Model, x: Operand) -> str:
    """Sigmoid."""
    return model.node("Sigmoid", x)


def softplus(model: Model, x: Operand) -> str:
    """Softplus."""
    return model.node("Softplus", x)


def _half(model: Model, x: Operand, y: str) -> str:
    """x · (1 + y) / 2."""
    return model.node("Mul", model.node("Mul", x, model.node("Add", y, _number(1))), _number(0.5))


def _number(value: float) -> np.ndarray:
    return np.array(value, np.float32)
