"""Losses and metrics of an epoch: the same bits however the rows were cut, and across a save."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dltool.metrics.metric import Answers
from dltool.registry import registered
from dltool.training.meter import Meter

ROWS = 1000
TWO = Answers("numbers", ("t", "u"))
GENERATOR = np.random.default_rng(5)
OUTPUTS = GENERATOR.normal(size=(ROWS, 2)).astype(np.float32)
TARGETS = GENERATOR.normal(size=(ROWS, 2)).astype(np.float32)
LOSSES = GENERATOR.normal(size=ROWS).astype(np.float32) ** 2


def meter() -> Meter:
    metrics = [registered("metric")[name]() for name in ("mae", "rmse", "r2")]
    return Meter(metrics, answers=TWO, output_activation=lambda outputs: outputs)


def feed(target: Meter, start: int, end: int) -> None:
    target.add_losses(LOSSES[start:end], np.ones(end - start, np.int64))
    target.add_outputs(OUTPUTS[start:end], TARGETS[start:end])


def test_cuts_do_not_matter():
    whole, cut = meter(), meter()
    feed(whole, 0, ROWS)
    edges = [0, 1, 7, 500, 501, 999, ROWS]
    for start, end in pairwise(edges):
        feed(cut, start, end)
        following = meter()
        following.restore({name: array.copy() for name, array in cut.state().items()})
        cut = following
    assert cut.result() == whole.result()
    assert whole.result()["rmse"] == pytest.approx(np.sqrt(np.mean((OUTPUTS - TARGETS) ** 2)))


def test_loss_is_weighted_by_samples():
    one = Meter([], answers=Answers("numbers", ("t",)), output_activation=lambda outputs: outputs)
    one.add_losses(np.array([3.0, 4.0], np.float32), np.array([3, 1]))
    assert one.result() == {"loss": 1.75}
    assert not one.wants_outputs


def test_an_undefined_metric_is_nan_and_says_why():
    auc = Meter(
        [registered("metric")["auc"]()],
        answers=Answers("classes", ("a", "b", "c")),
        output_activation=lambda outputs: outputs,
    )
    auc.add_losses(np.ones(4, np.float32), np.ones(4, np.int64))
    auc.add_outputs(np.ones((4, 3), np.float32), np.zeros(4, np.int64))
    assert np.isnan(auc.result()["auc"])
    assert "auc needs rows of at least two classes" in auc.undefined[0]


def test_figures_are_in_the_units_of_the_targets():
    metrics = [registered("metric")[name]() for name in ("mae", "r2")]
    identity = lambda outputs: outputs  # noqa: E731
    scaled = Meter(metrics, answers=TWO, output_activation=identity, own_units=lambda numbers, _: 100 * numbers + 7)
    plain = Meter(metrics, answers=TWO, output_activation=identity)
    for each in (scaled, plain):
        feed(each, 0, ROWS)
    assert scaled.result()["loss"] == plain.result()["loss"]
    assert scaled.result()["mae"] == pytest.approx(100 * plain.result()["mae"])
    assert scaled.result()["r2"] == pytest.approx(plain.result()["r2"])
