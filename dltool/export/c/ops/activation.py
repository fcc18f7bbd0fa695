"""Elementwise activations."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source
from dltool.kernels.reference.activation import GELU_CUBIC, GELU_SLOPE, SELU_ALPHA, SELU_SCALE


def elementwise(name: str, expression: str, parameter: str = "") -> str:
    """The text of a C function that computes an expression of each x[i], and perhaps of a number."""
    more = f", float {parameter}" if parameter else ""
    return f"""
static void {name}(float *y, const float *x, int n{more})
{{
    for (int i = 0; i < n; i++)
        y[i] = {expression};
}}
"""


def relu(source: Source, x: Operand) -> Buffer:
    """max(x, 0)."""
    return source.made(elementwise("relu", "x[i] > 0.0f ? x[i] : 0.0f"), "relu", x.size, x, x.size)


def leaky_relu(source: Source, x: Operand, *, slope: float) -> Buffer:
    """x, or slope · x below 0."""
    text = elementwise("leaky_relu", "x[i] > 0.0f ? x[i] : slope * x[i]", "slope")
    return source.made(text, "leaky_relu", x.size, x, x.size, float(slope))


def elu(source: Source, x: Operand, *, alpha: float) -> Buffer:
    """x, or alpha · (eˣ − 1) below 0."""
    text = elementwise("elu", "x[i] > 0.0f ? x[i] : alpha * expm1f(x[i])", "alpha")
    return source.made(text, "elu", x.size, x, x.size, float(alpha))


def selu(source: Source, x: Operand) -> Buffer:
    """A scaled elu."""
    text = elementwise("selu", f"{SELU_SCALE}f * (x[i] > 0.0f ? x[i] : {SELU_ALPHA}f * expm1f(x[i]))")
    return source.made(text, "selu", x.size, x, x.size)


def gelu(source: Source, x: Operand) -> Buffer:
    """x · (1 + erf(x / √2)) / 2."""
    text = elementwise("gelu", "0.5f * x[i] * (1.0f + erff(0.707106781f * x[i]))")
    return source.made(text, "gelu", x.size, x, x.size)


def gelu_tanh(source: Source, x: Operand) -> Buffer:
    """Gelu with a tanh."""
    inner = f"{GELU_SLOPE:.9g}f * (x[i] + {GELU_CUBIC}f * x[i] * x[i] * x[i])"
    return source.made(
        elementwise("gelu_tanh", f"0.5f * x[i] * (1.0f + tanhf({inner}))"), "gelu_tanh", x.size, x, x.size
    )


def silu(source: Source, x: Operand) -> Buffer:
    """x · sigmoid(x)."""
    return source.made(elementwise("silu", "x[i] / (1.0f + expf(-x[i]))"), "silu", x.size, x, x.size)


def tanh(source: Source, x: Operand) -> Buffer:
    """tanh(x); the C library has a function of that name."""
    return source.made(elementwise("hyperbolic_tangent", "tanhf(x[i])"), "hyperbolic_tangent", x.size, x, x.size)


def sigmoid(source: Source, x: Operand) -> Buffer:
    """1 / (1 + e⁻ˣ)."""
    return source.made(SIGMOID, "sigmoid", x.size, x, x.size)


def softplus(source: Source, x: Operand) -> Buffer:
    """log(1 + eˣ), without overflow."""
    text = elementwise("softplus", "fmaxf(x[i], 0.0f) + log1pf(expf(-fabsf(x[i])))")
    return source.made(text, "softplus", x.size, x, x.size)


#: also an output activation
SIGMOID = elementwise("sigmoid", "1.0f / (1.0f + expf(-x[i]))")
