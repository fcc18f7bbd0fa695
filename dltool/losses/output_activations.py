"""Output activations: they turn a network's raw outputs into predictions. Each loss names its own; NumPy applies it."""

from __future__ import annotations

from typing import Literal

import numpy as np

OutputActivation = Literal["softmax", "sigmoid", "identity"]


def activate(name: OutputActivation, outputs: np.ndarray) -> np.ndarray:
    """Predictions (n, k) for raw outputs (n, k): probabilities for softmax and sigmoid, unchanged for identity."""
    match name:
        case "softmax":
            powers = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
            return powers / powers.sum(axis=-1, keepdims=True)
        case "sigmoid":
            # 1 / (1 + e⁻ˣ) in a form that never overflows and keeps the digits of small results
            power = np.exp(-np.abs(outputs))
            return np.where(outputs >= 0, 1, power) / (1 + power)
        case "identity":
            return outputs
