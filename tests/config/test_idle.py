"""What `check` says of fields that change nothing because of what a config says elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from dltool.config.idle import idle_fields
from dltool.config.loading import from_resolved, resolved

BASE: dict[str, Any] = {
    "data": {"synthetic": {"features": 4, "classes": 2}},
    "model": [{"dense": "classes"}],
    "loss": "cross_entropy",
}
UNIFORM = {"bias": False, "bias_initializer": "ones"}


def found(**changes: Any) -> list[str]:
    return [
        f"{'.'.join(map(str, path))}: {message}" for path, message in idle_fields(from_resolved({**BASE, **changes}))
    ]


def data(**fields: Any) -> dict[str, Any]:
    return {"data": {**BASE["data"], **fields}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"model": [{"dense": {"units": "classes", **UNIFORM}}]},
            "model.0.dense.bias_initializer: has no effect with bias: false",
        ),
        (
            {"model": [{"residual": [{"conv1d": {"filters": 4, **UNIFORM}}]}, {"dense": "classes"}]},
            "model.0.residual.layers.0.conv1d.bias_initializer: has no effect with bias: false",
        ),
        (
            {"optimizer": {"sgd": {"velocity": "gradients"}}},
            "optimizer.sgd.velocity: has no effect with momentum: 0.0",
        ),
        (
            {"optimizer": {"sgd": {"decoupled": False}}},
            "optimizer.sgd.decoupled: has no effect with weight_decay: 0.0",
        ),
        (
            {"loss": {"cross_entropy": {"divide_by": "weights"}}},
            "loss.cross_entropy.divide_by: has no effect with class_weights: null",
        ),
        (
            {"schedule": {"one_cycle": {"low_momentum": 0.5}}},
            "schedule.one_cycle.low_momentum: has no effect with cycle_momentum: false",
        ),
        (
            {"schedule": {"cosine": {"from_zero": True}}},
            "schedule.cosine.from_zero: has no effect with warmup_epochs: 0.0",
        ),
        (
            {"schedule": {"step": 20}},
            "schedule.step.every: never lowers the rate: there are 10 epochs (train.epochs)",
        ),
        (
            {"schedule": {"plateau": {"patience": 12}}},
            "schedule.plateau.patience: never lowers the rate: there are 10 epochs (train.epochs)",
        ),
        (
            {"early_stopping": {"patience": 10}},
            "early_stopping.patience: never ends training: there are 10 epochs (train.epochs)",
        ),
        (
            {"train": {"sampling": "balanced", "shuffle": False}},
            "train.shuffle: has no effect with sampling, which draws rows at random",
        ),
        (
            data(split={"validation": {"last": 20}, "seed": 3}),
            "data.split.seed: has no effect, as no rows are drawn at random",
        ),
        (
            {"augment": ["random_flip", "random_affine"]},
            "augment.1.random_affine: changes nothing without one of its fields: rotate, translate, scale, shear",
        ),
    ],
)
def test_a_field_without_effect_is_named(changes: dict[str, Any], said: str):
    assert found(**changes) == [said]


@pytest.mark.parametrize("compat", [None, "keras", "torch", "mxnet"])
def test_defaults_that_are_written_out_are_not(compat: str | None):
    experiment = from_resolved(
        {
            **BASE,
            "compat": compat,
            "model": [{"dense": {"units": "classes", "bias": False}}],
            "optimizer": "sgd",
            "schedule": "cosine",
            "early_stopping": {},
        }
    )
    assert list(idle_fields(experiment)) == []
    assert list(idle_fields(from_resolved(resolved(experiment)))) == []
