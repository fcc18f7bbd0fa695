"""Activation functions and their derivatives, over contiguous vectors: y = f(x), dx = dy · f'(saved).

`saved` is the function's output where that is enough for the derivative, else its input.
"""

from __future__ import annotations

from dltool.kernels.cpu.elementary import erf, exp
from dltool.kernels.cpu.elementary import sigmoid as sigmoid_of
from dltool.kernels.cpu.elementary import softplus as softplus_of
from dltool.kernels.cpu.elementary import tanh as tanh_of
from dltool.kernels.cpu.kernel import elementwise
from dltool.kernels.cpu.vector import constant, fma, load, select, splat, store
from dltool.kernels.records import LANES

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
ROOT_HALF = 0.7071067811865476
DENSITY = 0.3989422804014327  # 1 / √(2π)
TANH_INNER = 0.7978845608028654  # √(2/π)
TANH_CUBIC = 0.044715


@elementwise
def relu(x, other, y, vectors, one, two):
    """y = max(x, 0); NaN stays."""
    for i in range(0, vectors * LANES, LANES):
        v = load(x, i)
        store(y, i, select(v < constant(0), constant(0), v))


@elementwise
def relu_gradient(dy, y, dx, vectors, one, two):
    """dx = dy where y > 0, else 0."""
    for i in range(0, vectors * LANES, LANES):
        store(dx, i, select(load(y, i) > constant(0), load(dy, i), constant(0)))


@elementwise
def leaky_relu(x, other, y, vectors, slope, two):
    """y = x where x > 0, else slope · x."""
    for i in range(0, vectors * LANES, LANES):
        v = load(x, i)
        store(y, i, select(v > constant(0), v, v * splat(slope)))


@elementwise
def leaky_relu_gradient(dy, y, dx, vectors, slope, two):
    """dx = dy where y > 0, else slope · dy."""
    for i in range(0, vectors * LANES, LANES):
        d = load(dy, i)
        store(dx, i, select(load(y, i) > constant(0), d, d * splat(slope)))


def exponential_unit(x, alpha):
    """x where x > 0, else alpha · (eˣ - 1)."""
    return select(x > constant(0), x, alpha * less_one(x))


def less_one(x):
    """eˣ - 1 for x ≤ 0, keeping the digits of a small x (Kahan)."""
    e = exp(x)
    return select(x > constant(-0.3), small_less_one(x), e - constant(1))


def small_less_one(x):
    """eˣ - 1 for |x| < 0.3, by its series."""
    p = fma(x, constant(1 / 40320), constant(1 / 5040))
    p = fma(p, x, constant(1 / 720))
    p = fma(p, x, constant(1 / 120))
    p = fma(p, x, constant(1 / 24))
    p = fma(p, x, constant(1 / 6))
    p = fma(p, x, constant(0.5))
    return fma(p, x * x, x)


@elementwise
def elu(x, other, y, vectors, alpha, two):
    """y = x where x > 0, else alpha · (eˣ - 1)."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, exponential_unit(load(x, i), splat(alpha)))


@elementwise
def elu_gradient(dy, y, dx, vectors, alpha, two):
    """dx = dy where y > 0, else dy · (y + alpha)."""
    for i in range(0, vectors * LANES, LANES):
        v = load(y, i)
        store(dx, i, load(dy, i) * select(v > constant(0), constant(1), v + splat(alpha)))


@elementwise
def selu(x, other, y, vectors, one, two):
    """y = scale · elu(x, alpha), the self-normalizing unit (Klambauer et al. 2017)."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, constant(SELU_SCALE) * exponential_unit(load(x, i), constant(SELU_ALPHA)))


@elementwise
def selu_gradient(dy, y, dx, vectors, one, two):
    """dx = dy · scale where y > 0, else dy · (y + scale · alpha)."""
    for i in range(0, vectors * LANES, LANES):
        v = load(y, i)
        slope = select(v > constant(0), constant(SELU_SCALE), v + constant(SELU_SCALE * SELU_ALPHA))
        store(dx, i, load(dy, i) * slope)


def normal_below(x):
    """Φ(x), the share of the normal distribution below x."""
    return constant(0.5) * (constant(1) + erf(x * constant(ROOT_HALF)))


@elementwise
def gelu(x, other, y, vectors, one, two):
    """y = x · Φ(x) (Hendrycks and Gimpel 2016)."""
    for i in range(0, vectors * LANES, LANES):
        v = load(x, i)
        store(y, i, v * normal_below(v))


@elementwise
def gelu_gradient(dy, x, dx, vectors, one, two):
    """dx = dy · (Φ(x) + x · φ(x))."""
    for i in range(0, vectors * LANES, LANES):
        v = load(x, i)
        density = constant(DENSITY) * exp(constant(-0.5) * v * v)
        store(dx, i, load(dy, i) * fma(v, density, normal_below(v)))


def inner_tanh(x):
    """tanh(√(2/π) · (x + 0.044715 x³))."""
    return tanh_of(constant(TANH_INNER) * fma(constant(TANH_CUBIC) * x * x, x, x))


@elementwise
def gelu_tanh(x, other, y, vectors, one, two):
    """y = x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))."""
    for i in range(0, vectors * LANES, LANES):
        v = load(x, i)
        store(y, i, constant(0.5) * v * (constant(1) + inner_tanh(v)))


@elementwise
def gelu_tanh_gradient(dy, x, dx, vectors, one, two):
    """dx = dy · (1 + t + x · (1 - t²) · √(2/π) · (1 + 3 · 0.044715 x²)) / 2, with t the inner tanh."""
    for i in range(0, vectors * LANES, LANES):
        v = load(x, i)
        t = inner_tanh(v)
        inner = constant(TANH_INNER) * fma(constant(3 * TANH_CUBIC) * v, v, constant(1))
        slope = fma(v * (constant(1) - t * t), inner, constant(1) + t)
        store(dx, i, constant(0.5) * load(dy, i) * slope)


@elementwise
def silu(x, other, y, vectors, one, two):
    """y = x · sigmoid(x)."""
    for i in range(0, vectors * LANES, LANES):
        v = load(x, i)
        store(y, i, v * sigmoid_of(v))


@elementwise
def silu_gradient(dy, x, dx, vectors, one, two):
    """dx = dy · s · (1 + x · (1 - s)), with s = sigmoid(x)."""
    for i in range(0, vectors * LANES, LANES):
        v = load(x, i)
        s = sigmoid_of(v)
        store(dx, i, load(dy, i) * s * fma(v, constant(1) - s, constant(1)))


@elementwise
def tanh(x, other, y, vectors, one, two):
    """y = tanh(x)."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, tanh_of(load(x, i)))


@elementwise
def tanh_gradient(dy, y, dx, vectors, one, two):
    """dx = dy · (1 - y²)."""
    for i in range(0, vectors * LANES, LANES):
        v = load(y, i)
        store(dx, i, load(dy, i) * (constant(1) - v * v))


@elementwise
def sigmoid(x, other, y, vectors, one, two):
    """y = 1 / (1 + e⁻ˣ)."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, sigmoid_of(load(x, i)))


@elementwise
def sigmoid_gradient(dy, y, dx, vectors, one, two):
    """dx = dy · y · (1 - y)."""
    for i in range(0, vectors * LANES, LANES):
        v = load(y, i)
        store(dx, i, load(dy, i) * v * (constant(1) - v))


@elementwise
def softplus(x, other, y, vectors, one, two):
    """y = ln(1 + eˣ)."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, softplus_of(load(x, i)))


@elementwise
def softplus_gradient(dy, y, dx, vectors, one, two):
    """dx = dy · (1 - e⁻ʸ)."""
    for i in range(0, vectors * LANES, LANES):
        store(dx, i, load(dy, i) * (constant(0) - less_one(constant(0) - load(y, i))))
