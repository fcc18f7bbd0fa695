"""What turns the collected outputs of a network into its predictions. Losses name their link; it runs in NumPy only."""

from __future__ import annotations

from typing import Literal

import numpy as np

Link = Literal["softmax", "sigmoid", "identity"]


def link(name: Link, outputs: np.ndarray) -> np.ndarray:
    """Predictions (n, k) from collected outputs (n, k): probabilities of classes, or numbers as they are."""
    match name:
        case "softmax":
            powers = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
            return powers / powers.sum(axis=-1, keepdims=True)
        case "sigmoid":
            # 1 / (1 + e⁻ˣ), written so that no power overflows and small results keep their digits
            power = np.exp(-np.abs(outputs))
            return np.where(outputs >= 0, 1, power) / (1 + power)
        case "identity":
            return outputs
