"""What a network needs to know of its data, and prepared data itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True)
class Signature:
    """Shapes, types and names of prepared data.

    `offset` and `factor` are there for bytes that are scaled as a batch is gathered, x = (bytes − offset) · factor:
    float32, () or (features,).
    """

    feature_shape: tuple[int, ...]
    feature_dtype: Literal["float32", "uint8"]
    offset: np.ndarray | None
    factor: np.ndarray | None
    classes: tuple[str, ...] | None  # of a classifier, in the order of their labels
    targets: tuple[str, ...]  # names; one for a classifier
    rows: Mapping[str, int]  # by part


@dataclass(frozen=True)
class Part:
    """Prepared samples: features (n, *feature_shape), and targets (n,) int64 labels or (n, k) float32 numbers."""

    features: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """All parts of an experiment's data, in memory."""

    signature: Signature
    parts: Mapping[str, Part]  # "train", and "validation" and "test" where there are such
    preprocessing: Mapping[str, Any]  # all that is needed to prepare further samples alike; JSON
    fingerprint: str  # SHA-256 of features and targets as read, whatever becomes of them
    notes: list[str]  # what was decided for the user
