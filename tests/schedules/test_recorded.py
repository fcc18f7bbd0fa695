"""Every schedule, with its arguments, against PyTorch's or Keras' own over 200 steps."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.ops.op import StepRecord
from dltool.registry import registered
from dltool.schedules.schedule import Horizon

from .recorded import CASES, CYCLED, EPOCHS, GOLDEN, PLATEAUS, STEPS, STEPS_PER_EPOCH, gradients, losses

RECORDED = np.load(GOLDEN)
HORIZON = Horizon(STEPS_PER_EPOCH, EPOCHS)
ALL = np.arange(STEPS)


@pytest.mark.parametrize("name", CASES)
def test_rates_are_theirs(name: str) -> None:
    case = CASES[name]
    schedule = registered("schedule")[case.name].model_validate(case.fields, context={"compat": case.compat})
    np.testing.assert_allclose(schedule.multiplier(ALL, HORIZON), RECORDED[name], rtol=1e-5, atol=1e-7)
    momentum = schedule.momentum(ALL, HORIZON)
    if f"{name}, momentum" in RECORDED:
        np.testing.assert_allclose(momentum, RECORDED[f"{name}, momentum"], rtol=1e-6)
    else:
        assert momentum is None


def test_every_schedule_that_they_have_is_recorded() -> None:
    assert {case.name for case in CASES.values()} == set(registered("schedule")) - {"constant", "plateau"}


@pytest.mark.parametrize("name", PLATEAUS)
def test_plateaus_are_theirs(name: str) -> None:
    compat, fields, _ = PLATEAUS[name]
    plateau = registered("schedule")["plateau"].model_validate(fields, context={"compat": compat})
    state, found = plateau.start(), []
    for loss in losses():
        state = plateau.after_epoch(state, loss, higher_is_better=False)
        found.append(state["multiplier"])
    np.testing.assert_allclose(found, RECORDED[name], rtol=1e-6)
    assert len(set(found)) > 3


@pytest.mark.parametrize("name", CYCLED)
def test_a_cycled_momentum_moves_parameters_as_in_pytorch(name: str) -> None:
    optimizer = registered("optimizer")[name].model_validate(CYCLED[name][0], context={"compat": "torch"})
    schedule = registered("schedule")["one_cycle"].model_validate({}, context={"compat": "torch"})
    rates = optimizer.lr * schedule.multiplier(ALL, HORIZON)
    scalars = optimizer.scalars(ALL, rates, schedule.momentum(ALL, HORIZON))
    state = [np.zeros(1), *(np.zeros(1) for _ in optimizer.slots)]
    found = []
    for step, gradient in enumerate(gradients()):
        record = StepRecord(step, 0, 0, 1, 1.0, scalars=tuple(scalars[step]))
        state = list(find(optimizer.op)(*state, np.array([gradient]), **optimizer.attributes, decays=1, step=record))
        found.append(state[0][0])
    np.testing.assert_allclose(found, RECORDED[f"cycled {name}"], rtol=1e-4, atol=1e-6)
