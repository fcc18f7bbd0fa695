"""Learning rates against the formulas they are defined by."""

from __future__ import annotations

from math import cos, pi
from typing import Any

import numpy as np
import pytest

from dltool.registry import registered
from dltool.schedules.schedule import Horizon

HORIZON = Horizon(steps_per_epoch=4, epochs=5)
STEPS = np.arange(HORIZON.steps)


def curve(name: str, compat: str | None = None, horizon: Horizon = HORIZON, **fields: Any) -> np.ndarray:
    schedule = registered("schedule")[name].model_validate(fields, context={"compat": compat})
    return schedule.multiplier(np.arange(horizon.steps), horizon)


EPOCH = STEPS // 4
DONE = STEPS / 20
# name, fields, factors
CLOSED: list[tuple[str, dict[str, Any], np.ndarray]] = [
    ("constant", {}, np.ones(20)),
    ("plateau", {}, np.ones(20)),
    ("step", {"every": 2, "factor": 0.5}, 0.5 ** (EPOCH // 2)),
    ("multistep", {"epochs": [1, 3], "factor": 0.1}, np.select([EPOCH < 1, EPOCH < 3], [1.0, 0.1], 0.01)),
    ("exponential", {"factor": 0.9}, 0.9 ** (STEPS / 4)),
    ("exponential", {"factor": 0.9, "staircase": True}, 0.9**EPOCH),
    ("cosine", {}, (1 + np.cos(pi * DONE)) / 2),
    ("cosine", {"floor": 0.2}, 0.2 + 0.8 * (1 + np.cos(pi * DONE)) / 2),
    ("cosine", {"restarts": {"period": 2.5}}, (1 + np.cos(pi * (STEPS % 10) / 10)) / 2),
    ("linear", {"floor": 0.1}, 0.1 + 0.9 * (1 - DONE)),
    ("polynomial", {"power": 3.0}, (1 - DONE) ** 3),
]


@pytest.mark.parametrize(("name", "fields", "expected"), CLOSED, ids=lambda value: str(value)[:40])
def test_closed_forms(name: str, fields: dict[str, Any], expected: np.ndarray) -> None:
    np.testing.assert_allclose(curve(name, **fields), expected, rtol=1e-12)


def test_restarts_grow_by_their_multiplier() -> None:
    found = curve("cosine", horizon=Horizon(2, 7), restarts={"period": 1, "multiplier": 2})
    periods = [(step, length) for length in (2, 4, 8) for step in range(length)]
    np.testing.assert_allclose(found, [(1 + cos(pi * step / length)) / 2 for step, length in periods], rtol=1e-12)


@pytest.mark.parametrize("name", sorted(registered("schedule")))
def test_warm_up_rises_in_a_line_from_above_zero(name: str) -> None:
    required = {"step": {"every": 5}, "multistep": {"epochs": [9]}, "exponential": {"factor": 1.0}}
    fields = required.get(name, {})
    found, without = curve(name, warmup_epochs=1.5, **fields), curve(name, **fields)
    start = 1.0 if name != "one_cycle" else without[:6]
    np.testing.assert_allclose(found[:6], np.arange(1, 7) / 6 * start, rtol=1e-12)
    assert (found >= 0).all()


def test_after_the_warm_up_a_fall_takes_the_rest_of_training() -> None:
    found = curve("cosine", warmup_epochs=1)
    np.testing.assert_allclose(found[4:], (1 + np.cos(pi * np.arange(16) / 16)) / 2, rtol=1e-12)


def test_steps_beyond_the_end_stay_at_the_floor() -> None:
    cosine = registered("schedule")["cosine"](floor=0.1)
    assert cosine.multiplier(np.array([20, 30]), HORIZON) == pytest.approx([0.1, 0.1])


def torch_one_cycle(step: int, total: int, pct_start: float, linear: bool) -> float:
    """The definition of torch.optim.lr_scheduler.OneCycleLR, two phases, with a maximum of 1."""
    top = pct_start * total - 1
    low, high, done = (1 / 25, 1.0, step / top) if step <= top else (1.0, 1 / 25e4, (step - top) / (total - 1 - top))
    return low + (high - low) * done if linear else high + (low - high) / 2 * (1 + cos(pi * done))


@pytest.mark.parametrize(("epochs", "peak"), [(5, 0.3), (5, 0.9), (1, 0.3), (10, 0.5), (1, 0.1)])
@pytest.mark.parametrize("linear", [False, True])
def test_one_cycle_is_pytorch_s(epochs: int, peak: float, linear: bool) -> None:
    horizon = Horizon(4, epochs)
    found = curve("one_cycle", horizon=horizon, peak=peak, curve="linear" if linear else "cosine")
    expected = [torch_one_cycle(step, horizon.steps, peak, linear) for step in range(horizon.steps)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("peak", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_one_cycle_of_a_few_steps_is_finite(peak: float, steps: int) -> None:
    found = curve("one_cycle", horizon=Horizon(steps, 1), peak=peak)
    assert np.isfinite(found).all()
    assert (found <= 1).all()


# figures of the epochs, fields, whether higher is better: multipliers after each
PLATEAUS: list[tuple[list[float], dict[str, Any], bool, list[float]]] = [
    ([3, 2, 1], {"patience": 1}, False, [1, 1, 1]),
    ([1, 1, 1, 1, 1], {"patience": 2, "factor": 0.5}, False, [1, 1, 0.5, 0.5, 0.25]),
    ([1, 2, 3], {"patience": 1, "factor": 0.5}, True, [1, 1, 1]),
    ([1, 0.99, 0.98], {"patience": 1, "factor": 0.5, "min_delta": 0.015}, False, [1, 0.5, 0.5]),
    ([100, 99.5, 98.5], {"patience": 1, "factor": 0.5, "min_delta": 0.01, "relative": True}, False, [1, 0.5, 0.5]),
    ([1, 1, 1, 1, 1], {"patience": 1, "factor": 0.5, "cooldown": 2}, False, [1, 0.5, 0.5, 0.5, 0.25]),
    ([1, 1, 1, 1], {"patience": 1, "factor": 0.1, "floor": 0.05}, False, [1, 0.1, 0.05, 0.05]),
    ([float("nan"), 1, float("nan"), 0.5], {"patience": 2, "factor": 0.5}, False, [1, 1, 1, 1]),
]


@pytest.mark.parametrize(("values", "fields", "higher", "expected"), PLATEAUS)
def test_plateau_lowers_the_rate_when_nothing_improves(
    values: list[float], fields: dict[str, Any], higher: bool, expected: list[float]
) -> None:
    plateau = registered("schedule")["plateau"](**fields)
    state, found = plateau.start(), []
    for value in values:
        before = dict(state)
        after = plateau.after_epoch(state, value, higher_is_better=higher)
        assert state == before
        state = after
        found.append(state["multiplier"])
    assert found == pytest.approx(expected)
