"""The learning rate range test: where the loss falls, and what it suggests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.config.loading import load
from dltool.errors import RunError
from dltool.training.job import open_job
from dltool.training.rate_test import RateTest, range_test

from .runs import open_run

RATES = np.geomspace(1e-6, 10, 141)  # 20 steps per factor of ten


def test_the_suggestion_is_the_middle_of_the_descent():
    exponents = np.log10(RATES)
    losses = np.where(
        exponents < -4, 2.0, np.where(exponents < -1, 2 - 0.5 * (exponents + 4), 0.5 + (exponents + 1) ** 2)
    )
    found = RateTest(RATES, losses, len(RATES)).suggestion
    assert found is not None
    assert -3 < np.log10(found) < -2


@pytest.mark.parametrize("losses", [np.full(141, 2.0), np.linspace(2, 3, 141)], ids=["flat", "rising"])
def test_a_loss_that_does_not_fall_suggests_nothing(losses: np.ndarray):
    assert RateTest(RATES, losses, len(RATES)).suggestion is None


def test_smoothing_has_no_bias_towards_zero():
    np.testing.assert_allclose(RateTest(RATES, np.full(141, 2.0), 141).smoothed, 2.0)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"train": {"accumulate": 3, "last_batch": "pad"}},
        {"loss": {"cross_entropy": {"class_weights": {"0": 2.0, "1": 1.0, "2": 1.0}}}},
        {"optimizer": {"sgd": {"momentum": 0.9}}, "schedule": "one_cycle"},
    ],
    ids=["plain", "accumulated", "weighted", "momentum"],
)
def test_the_first_losses_are_those_of_training_at_that_rate(tmp_path: Path, changes: dict[str, Any]):
    test = range_test(open_run(tmp_path, changes)[0], 1e-9, 1e-3, 40)
    assert len(test.rates) == 40
    assert test.losses[:3] == pytest.approx([test.losses[:9].mean()] * 3, rel=0.5)  # nothing is learned at 1e-9
    same = range_test(open_run(tmp_path, changes)[0], 1e-9, 1e-3, 40)
    np.testing.assert_array_equal(test.losses, same.losses)


def test_it_finds_a_rate_that_trains_well_and_ends_where_training_diverges(tmp_path: Path):
    root = Path(__file__).parents[2]
    job = open_job(load(root / "configs" / "digits.yaml", ["optimizer={sgd: {lr: 1}}"]), [root])
    test = range_test(job, 1e-6, 1e6, 200)
    assert len(test.rates) < 200
    assert test.suggestion is not None
    assert 0.01 < test.suggestion < 1


def test_rates_that_are_all_too_large(tmp_path: Path):
    job, _ = open_run(tmp_path, {"optimizer": {"sgd": {"lr": 0.1}}, "model": [{"dense": 64}, {"dense": "classes"}]})
    with pytest.raises(RunError, match="try a lower --low"):
        range_test(job, 1e30, 1e32, 20)
