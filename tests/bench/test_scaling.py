"""What many processes are predicted to reach, from steps that were measured on one."""

from __future__ import annotations

import pytest

from dltool.bench.scaling import HIDING, LATENCY, USABLE, Measured, exchange_seconds, predict_speed

GIGABIT = 1e9 / 8


def test_one_process_exchanges_nothing():
    (alone,) = predict_speed(Measured(128, 0.01, 0.001, 4_000_000, 1), 1, GIGABIT)
    assert alone.exchange == 0
    assert alone.samples_per_s == pytest.approx(128 / (0.01 + 0.128))


def test_all_gradients_but_the_last_parcel_may_travel_while_a_step_is_computed():
    once = 3 / 4 * 8_000_000 / (USABLE * GIGABIT) + 3 * 4 * LATENCY
    assert exchange_seconds(8_000_000, 4, GIGABIT, 0) == pytest.approx(2 * once)
    assert exchange_seconds(8_000_000, 4, GIGABIT, 0.03) == pytest.approx(2 * once - HIDING * 0.03)
    assert exchange_seconds(8_000_000, 4, GIGABIT, 100) == pytest.approx(once + once / 4)


def test_predictions_end_where_each_process_has_one_row():
    predictions = list(predict_speed(Measured(8, 0.01, 0.001, 4_000_000, 1), 1024, GIGABIT))
    assert [(one.ranks, one.rows) for one in predictions] == [(1, 8), (2, 4), (4, 2), (8, 1)]
    efficiencies = [one.efficiency for one in predictions]
    assert efficiencies == sorted(efficiencies, reverse=True)
