"""Which figure is watched, and when it has improved."""

from __future__ import annotations

import pytest

from dltool.errors import InputError
from dltool.registry import registered
from dltool.training.monitor import Monitor, find_monitor

METRICS = [registered("metric")[name]() for name in ("accuracy", "mae", "confusion_matrix")]
NAN = float("nan")


def test_direction_follows_the_figure():
    assert find_monitor("validation.accuracy", METRICS).higher_is_better
    assert not find_monitor("train.mae", METRICS).higher_is_better
    assert not find_monitor("validation.loss", METRICS).higher_is_better
    assert find_monitor("validation.mae", METRICS).value({"train": {"mae": 1.0}, "validation": {"mae": 2.0}}) == 2.0


def test_a_matrix_cannot_be_watched():
    with pytest.raises(InputError, match=r"'validation\.confusion_matrix' is not a single number"):
        find_monitor("validation.confusion_matrix", METRICS)


@pytest.mark.parametrize(
    ("higher", "value", "best", "min_delta", "improves"),
    [
        (True, 0.5, NAN, 0.0, True),
        (True, NAN, NAN, 0.0, False),
        (True, NAN, 0.5, 0.0, False),
        (True, 0.5, 0.5, 0.0, False),
        (True, 0.6, 0.5, 0.0, True),
        (True, 0.6, 0.5, 0.2, False),
        (False, 0.4, 0.5, 0.0, True),
        (False, 0.4, 0.5, 0.2, False),
        (False, 0.6, 0.5, 0.0, False),
    ],
)
def test_improvement(higher, value, best, min_delta, improves):
    assert Monitor("train.loss", higher).improves(value, best, min_delta) is improves
