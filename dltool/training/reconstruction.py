"""The reconstruction error: the anomaly score of an autoencoder."""

from __future__ import annotations

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature


def reconstruction_errors(signature: Signature, part: Samples, outputs: np.ndarray) -> np.ndarray:
    """The mean squared difference (n,) between inputs, scaled as the network gets them, and its outputs (n, k)."""
    difference = outputs - _inputs(signature, part)
    return np.square(difference).mean(axis=1)


def _inputs(signature: Signature, part: Samples) -> np.ndarray:
    """What the network gets (n, k): one-hot categories, then all numbers."""
    numbers = part.features.astype(np.float64)
    if signature.offset is not None and signature.factor is not None:  # bytes are scaled as they are fetched
        numbers = (numbers - signature.offset) * signature.factor
    pieces = []
    for field in signature.codes:
        pieces.append(part.codes[:, field.start, None] == np.arange(field.size))
    return np.concatenate([*pieces, numbers.reshape(len(part), -1)], axis=1)
