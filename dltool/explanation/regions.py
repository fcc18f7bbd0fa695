"""Occlusion: how a prediction changes when a region of an image, or some steps of a series, show only what is usual.

What is usual is the mean of all samples there (Zeiler and Fergus 2014, with a gray square).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.explanation.scores import evidence
from dltool.training.prediction import Predictor

#: how many windows fit into a side of the image, and shifts into a side of the window
WINDOW, SHIFT = 4, 3


def image_effects(
    predictor: Predictor, sample: Samples, usual: np.ndarray, shape: tuple[int, int, int], answer: int
) -> np.ndarray:
    """How much evidence for an answer each pixel (height, width) gives: the mean over all windows that cover it."""
    places = windows(*shape[:2])
    masks = np.zeros((len(places), *shape[:2]), bool)
    for mask, window in zip(masks, places, strict=True):
        mask[window] = True
    effects = _effects(predictor, sample, usual, np.repeat(masks[..., None], shape[2], axis=-1), answer)
    covering = masks.reshape(len(masks), -1).astype(np.float64)
    return (effects @ covering / covering.sum(axis=0)).reshape(shape[:2])


def step_effects(
    predictor: Predictor, sample: Samples, usual: np.ndarray, groups: Sequence[np.ndarray], answer: int
) -> np.ndarray:
    """How much evidence for an answer each group of inputs (positions in the flat sample) gives (groups,)."""
    masks = np.zeros((len(groups), usual.size), bool)
    for mask, positions in zip(masks, groups, strict=True):
        mask[positions] = True
    return _effects(predictor, sample, usual, masks, answer)


def _effects(predictor: Predictor, sample: Samples, usual: np.ndarray, masks: np.ndarray, answer: int) -> np.ndarray:
    """The evidence that is lost with what each mask (n, …) covers."""
    shape = sample.features.shape[1:]
    masks = np.concatenate([np.zeros_like(masks[:1]), masks]).reshape(-1, *shape)
    count = len(masks)
    features = np.where(masks, usual.reshape(shape), sample.features)
    targets, codes = (np.repeat(one, count, axis=0) for one in (sample.targets, sample.codes))
    found = evidence(predictor, Samples(features, targets, codes), np.full(count, answer))
    return found[0] - found[1:]


def windows(height: int, width: int) -> list[tuple[slice, slice]]:
    """Overlapping windows that together cover an image."""
    return [
        (slice(top, top + _side(height)), slice(left, left + _side(width)))
        for top in _starts(height)
        for left in _starts(width)
    ]


def _side(length: int) -> int:
    return max(1, length // WINDOW)


def _starts(length: int) -> list[int]:
    last, shift = length - _side(length), max(1, _side(length) // SHIFT)
    return [*range(0, last, shift), last]
