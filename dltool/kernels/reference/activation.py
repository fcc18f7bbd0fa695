"""Reference activations, elementwise on arrays of any shape; y or x beside dy is what the activation saved."""

from __future__ import annotations

import math

import numpy as np

from dltool.kernels.reference.arrays import namespace

# Klambauer et al., Self-Normalizing Neural Networks, 2017
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772

# Hendrycks and Gimpel, Gaussian Error Linear Units, 2016: Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
GELU_SLOPE = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715


def relu(x: np.ndarray) -> np.ndarray:
    """y = max(x, 0)."""
    xp = namespace(x)
    return xp.maximum(x, 0)


def relu_gradient(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dx = dy where y > 0, else 0."""
    xp = namespace(dy)
    return xp.where(y > 0, dy, 0)


def leaky_relu(x: np.ndarray, *, slope: float) -> np.ndarray:
    """y = x where x > 0, else slope · x."""
    xp = namespace(x)
    return xp.where(x > 0, x, slope * x)


def leaky_relu_gradient(dy: np.ndarray, y: np.ndarray, *, slope: float) -> np.ndarray:
    """dx = dy where y > 0, else slope · dy."""
    xp = namespace(dy)
    return xp.where(y > 0, dy, slope * dy)


def elu(x: np.ndarray, *, alpha: float) -> np.ndarray:
    """y = x where x > 0, else alpha · (eˣ − 1)."""
    xp = namespace(x)
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0)))


def elu_gradient(dy: np.ndarray, y: np.ndarray, *, alpha: float) -> np.ndarray:
    """dx = dy where y > 0, else dy · (y + alpha)."""
    xp = namespace(dy)
    return xp.where(y > 0, dy, dy * (y + alpha))


def selu(x: np.ndarray) -> np.ndarray:
    """y = scale · elu(x), with the alpha and scale of Klambauer et al., 2017."""
    return SELU_SCALE * elu(x, alpha=SELU_ALPHA)


def selu_gradient(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dx = scale · dy where y > 0, else dy · (y + scale · alpha)."""
    xp = namespace(dy)
    return xp.where(y > 0, SELU_SCALE * dy, dy * (y + SELU_SCALE * SELU_ALPHA))


def gelu(x: np.ndarray) -> np.ndarray:
    """y = x · Φ(x), Φ(x) = (1 + erf(x / √2)) / 2."""
    return x * _normal_distribution(x)


def gelu_gradient(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dx = dy · (Φ(x) + x · φ(x)), φ(x) = exp(−x² / 2) / √(2π)."""
    xp = namespace(dy)
    density = xp.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return dy * (_normal_distribution(x) + x * density)


def _normal_distribution(x: np.ndarray) -> np.ndarray:
    erf = np.vectorize(math.erf, otypes=[x.dtype])  # NumPy has none
    return (1 + erf(x / math.sqrt(2))) / 2


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    """y = x · (1 + t) / 2, t = tanh(√(2/π) · (x + 0.044715 x³))."""
    return x * (1 + _gelu_tanh(x)) / 2


def gelu_tanh_gradient(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dx = dy · ((1 + t) / 2 + x / 2 · (1 − t²) · √(2/π) · (1 + 3 · 0.044715 x²)), t as in gelu_tanh."""
    t = _gelu_tanh(x)
    inner = GELU_SLOPE * (1 + 3 * GELU_CUBIC * x * x)
    return dy * ((1 + t) / 2 + x / 2 * (1 - t * t) * inner)


def _gelu_tanh(x: np.ndarray) -> np.ndarray:
    xp = namespace(x)
    return xp.tanh(GELU_SLOPE * (x + GELU_CUBIC * x * x * x))


def silu(x: np.ndarray) -> np.ndarray:
    """y = x · sigmoid(x)."""
    return x * sigmoid(x)


def silu_gradient(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dx = dy · s · (1 + x · (1 − s)), s = sigmoid(x)."""
    s = sigmoid(x)
    return dy * s * (1 + x * (1 - s))


def tanh(x: np.ndarray) -> np.ndarray:
    """y = tanh(x)."""
    xp = namespace(x)
    return xp.tanh(x)


def tanh_gradient(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dx = dy · (1 − y²)."""
    return dy * (1 - y * y)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """y = 1 / (1 + e⁻ˣ), as exp(−log(1 + e⁻ˣ)), which cannot overflow."""
    xp = namespace(x)
    return xp.exp(-xp.logaddexp(0, -x))


def sigmoid_gradient(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dx = dy · y · (1 − y)."""
    return dy * y * (1 - y)


def softplus(x: np.ndarray) -> np.ndarray:
    """y = log(1 + eˣ)."""
    xp = namespace(x)
    return xp.logaddexp(0, x)


def softplus_gradient(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dx = dy · (1 − e⁻ʸ)."""
    xp = namespace(dy)
    return dy * -xp.expm1(-y)
