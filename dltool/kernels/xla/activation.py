"""Activations that XLA has functions for."""

from __future__ import annotations

import math

import jax
from jax import lax
from jax import numpy as jnp


def sigmoid(x: jax.Array) -> jax.Array:
    """y = 1 / (1 + e⁻ˣ)."""
    return lax.logistic(x)


def gelu(x: jax.Array) -> jax.Array:
    """y = x · Φ(x), Φ(x) = (1 + erf(x / √2)) / 2."""
    return x * _normal_distribution(x)


def gelu_gradient(dy: jax.Array, x: jax.Array) -> jax.Array:
    """dx = dy · (Φ(x) + x · φ(x)), φ(x) = exp(−x² / 2) / √(2π)."""
    density = jnp.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return dy * (_normal_distribution(x) + x * density)


def _normal_distribution(x: jax.Array) -> jax.Array:
    return (1 + lax.erf(x / math.sqrt(2))) / 2
