"""Which values trials take: order, conditions, grids, digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dltool.config.loading import load, resolved
from dltool.config.sweep import Domain, seconds_in
from dltool.sweep.space import Parameter, Space, rounded
from tests.sweep.spaces import write_sweep


def space(folder: Path, block: str) -> Space:
    experiment = load(write_sweep(folder, block))
    assert experiment.sweep is not None
    return Space(experiment.sweep, resolved(experiment))


def drawn(of: Space, **values: Any) -> dict[str, Any]:
    """The values of a trial that draws these, by the last word of each key, and else the first choice or bound."""

    def draw(parameter: Parameter) -> Any:
        domain = parameter.domain
        return values.get(parameter.key.rpartition(".")[2], (domain.choices or domain.bounds)[0])

    return of.drawn(draw)


def test_keys_of_a_component_are_drawn_where_it_is_chosen(tmp_path: Path):
    found = space(
        tmp_path,
        """optimizer.sgd.momentum: {range: [0, 0.9]}
        optimizer.lr: {log: [1e-4, 1e-1]}
        optimizer: [adam, {sgd: {nesterov: true}}]""",
    )
    assert found.parameters[0].key == "optimizer"
    assert drawn(found, optimizer="adam").keys() == {"optimizer", "optimizer.lr"}
    assert drawn(found, optimizer={"sgd": {"nesterov": True}}).keys() == {
        "optimizer",
        "optimizer.lr",
        "optimizer.sgd.momentum",
    }


def test_conditions(tmp_path: Path):
    found = space(
        tmp_path,
        """schedule.warmup_epochs: {int: [0, 2], when: {schedule: [cosine, linear]}}
        schedule: [constant, cosine]
        model[1].rate: {range: [0, 0.5], when: {optimizer: adam, train.epochs: 3}}
        train.batch_size: {choices: [8, 16], when: {optimizer: sgd}}""",
    )
    assert drawn(found, schedule="constant").keys() == {"schedule", "model[1].rate"}
    assert drawn(found, schedule="cosine").keys() == {"schedule", "schedule.warmup_epochs", "model[1].rate"}


def test_a_grid_has_every_combination_once(tmp_path: Path):
    found = space(
        tmp_path,
        """optimizer: [adam, sgd]
        optimizer.sgd.momentum: {range: [0, 0.9], step: 0.45}
        optimizer.adam.lr: {log: [1e-4, 1e-2], points: 3}
        train.batch_size: {log_int: [8, 32], points: 2}""",
    ).grid()
    assert len(found) == 2 * 3 + 2 * 3
    assert {point["optimizer.adam.lr"] for point in found if point["optimizer"] == "adam"} == {0.0001, 0.001, 0.01}
    assert {point["optimizer.sgd.momentum"] for point in found if point["optimizer"] == "sgd"} == {0, 0.45, 0.9}
    assert {point["train.batch_size"] for point in found} == {8, 32}
    assert all(("optimizer.adam.lr" in point) == (point["optimizer"] == "adam") for point in found)


@pytest.mark.parametrize(
    ("domain", "value", "expected"),
    [
        ({"log": [1e-4, 1e-1]}, 0.00123456, 0.001235),
        ({"range": [0.0, 0.5]}, 0.123456, 0.1235),
        ({"range": [0.9990, 0.9999]}, 0.9991234567, 0.99912346),
        ({"log": [1e-4, 0.12345]}, 0.12345, 0.12345),
    ],
)
def test_numbers_have_as_many_digits_as_tell_them_apart(domain: dict[str, Any], value: float, expected: float):
    assert rounded(value, Domain.model_validate(domain)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("written", "seconds"), [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("2d", 172800), (45, 45), ("1.5h", 5400)]
)
def test_lengths_of_time(written: str | float, seconds: float):
    assert seconds_in(written) == seconds
