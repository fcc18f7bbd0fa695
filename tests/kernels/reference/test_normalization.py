"""Normalization: what comes out is normal, and running statistics follow each framework's convention."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.ops.op import StepRecord


def _batches() -> np.ndarray:
    return np.random.default_rng(0).normal(3, 2, size=(3, 4, 5, 2))  # batches, B, positions, C


def _run(momentum: float, unbiased: int) -> tuple[np.ndarray, np.ndarray]:
    mean, variance = np.zeros(2), np.ones(2)
    step = StepRecord(step=0, epoch=0, position=0, rows=4, scale=0.25)
    for x in _batches():
        numbers = {"eps": 1e-3, "momentum": momentum, "unbiased": unbiased}
        *_, mean, variance = find("batch_norm")(x, np.ones(2), np.zeros(2), mean, variance, **numbers, step=step)
    return mean, variance


@pytest.mark.parametrize(("momentum", "unbiased"), [(0.01, 0), (0.1, 1)])
def test_running_statistics_after_three_batches(momentum: float, unbiased: int):
    kept = 1 - momentum
    shares = np.array([kept**2, kept, 1]) * momentum
    rows = _batches().reshape(3, 20, 2)
    mean, variance = _run(momentum, unbiased)
    np.testing.assert_allclose(mean, shares @ rows.mean(axis=1))
    np.testing.assert_allclose(variance, kept**3 + shares @ rows.var(axis=1, ddof=unbiased))


def test_batch_norm_normalizes_channels_and_inference_repeats_it():
    x, gain, bias = _batches()[0], np.array([2.0, 3.0]), np.array([0.5, -1.0])
    step = StepRecord(step=0, epoch=0, position=0, rows=4, scale=0.25)
    y, normalized, _, mean, variance = find("batch_norm")(
        x, gain, bias, np.zeros(2), np.ones(2), eps=1e-9, momentum=1.0, unbiased=0, step=step
    )
    np.testing.assert_allclose(normalized.mean(axis=(0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(normalized.var(axis=(0, 1)), 1)
    np.testing.assert_allclose(find("batch_norm_inference")(x, gain, bias, mean, variance, eps=1e-9), y)


def test_one_row_has_no_unbiased_variance():
    step = StepRecord(step=0, epoch=0, position=0, rows=1, scale=1.0)
    *_, variance = find("batch_norm")(
        np.ones((1, 2)), np.ones(2), np.zeros(2), np.zeros(2), np.ones(2), eps=1e-3, momentum=0.1, unbiased=1, step=step
    )
    np.testing.assert_allclose(variance, 0.9)


def test_layer_norm_normalizes_rows():
    x = np.random.default_rng(0).normal(3, 2, size=(4, 3, 8))
    y, normalized, inverse_std = find("layer_norm")(x, np.full(8, 2.0), np.full(8, 0.5), eps=1e-9)
    np.testing.assert_allclose(y.mean(axis=-1), 0.5)
    np.testing.assert_allclose(normalized.var(axis=-1), 1)
    np.testing.assert_allclose(inverse_std, 1 / x.std(axis=-1))
