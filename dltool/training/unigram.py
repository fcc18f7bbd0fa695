"""The baseline of language models: each token is as probable as it is frequent, whatever comes before it."""

from __future__ import annotations

import numpy as np

from dltool.data.samples.samples import Samples


def token_frequencies(blocks: np.ndarray, size: int) -> np.ndarray:
    """The share (size,) of each token among blocks (n, length) of codes, each counted once more than it occurs."""
    counts = np.bincount(blocks[blocks >= 0], minlength=size) + 1.0
    return counts / counts.sum()


def unigram_scores(part: Samples, frequencies: np.ndarray) -> np.ndarray:
    """Scores (n, 3) of blocks, as of a network: Σ −log p of the tokens to predict, their number, and hits."""
    targets = part.features[:, 1:]
    counted = targets >= 0
    surprise = np.where(counted, -np.log(frequencies)[targets], 0.0).sum(axis=1)
    hits = (targets == frequencies.argmax()).sum(axis=1)
    return np.stack([surprise, counted.sum(axis=1), hits], axis=1)
