"""Samples to try an export with."""

from __future__ import annotations

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import CodeField, Signature
from dltool.export.opening import Trained


def random_samples(trained: Trained, generator: np.random.Generator) -> Samples:
    """Prepared samples that a network of this kind can get, with targets of zeros."""
    signature, rows = trained.signature, trained.tried
    shape = (rows, *signature.feature_shape)
    if signature.feature_dtype == "uint8":
        features = generator.integers(0, 256, shape, dtype=np.uint8)
    elif signature.feature_dtype == "int32":
        features = generator.integers(0, len(signature.classes or (0,)), shape, dtype=np.int32)
    else:
        features = generator.normal(size=shape).astype(np.float32)
    codes = [_codes(field, rows, generator) for field in signature.codes]
    masks = [own for own, field in zip(codes, signature.codes, strict=True) if field.mask]
    for mask in masks:
        features[mask < 0] = 0
    joined = np.concatenate(codes, axis=1) if codes else np.empty((rows, 0), np.int32)
    return Samples(features, no_targets(signature, rows), joined)


def no_targets(signature: Signature, rows: int, series: np.ndarray | None = None) -> np.ndarray:
    """Targets (rows, …) of zeros; `series` (rows,) are the numbers of the samples' time series."""
    if signature.task == "tokens":
        return np.zeros((rows, 2), np.float32)
    if signature.classes:
        return np.zeros(rows, np.int64)
    targets = np.zeros((rows, signature.target_width), np.float32)
    if series is not None and signature.target_width > len(signature.targets):
        targets[:, -1] = series
    return targets


def _codes(field: CodeField, rows: int, generator: np.random.Generator) -> np.ndarray:
    """Codes (rows, length) of one column; those of sequences and bags are padded with −1."""
    codes = generator.integers(0, field.size, (rows, field.length), dtype=np.int32)
    lengths = generator.integers(1, field.length + 1, (rows, 1))
    return np.where(np.arange(field.length) < lengths, codes, np.int32(-1))
