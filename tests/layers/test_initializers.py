"""Bounds and spread of what initializers draw, against their formulas."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np
import pytest

from dltool.registry import registered

FAN_IN, FAN_OUT = 400, 250
DRAWS = FAN_IN * FAN_OUT


def draw(name: str, compat: str | None = None, shape: tuple[int, ...] = (FAN_IN, FAN_OUT), **fields: Any) -> np.ndarray:
    initializer = registered("initializer")[name].model_validate(fields, context={"compat": compat})
    return initializer.values(shape, FAN_IN, FAN_OUT, np.random.default_rng(7))


MEAN = (FAN_IN + FAN_OUT) / 2
# name, framework, fields, variance, limit
TABLE: list[tuple[str, str | None, dict[str, Any], float, float]] = [
    ("glorot_uniform", None, {}, 1 / MEAN, sqrt(3 / MEAN)),
    ("he_uniform", None, {}, 2 / FAN_IN, sqrt(6 / FAN_IN)),
    ("lecun_uniform", None, {}, 1 / FAN_IN, sqrt(3 / FAN_IN)),
    ("torch_uniform", None, {}, 1 / (3 * FAN_IN), 1 / sqrt(FAN_IN)),
    ("uniform", "mxnet", {}, 0.07**2 / 3, 0.07),
    ("glorot_normal", "keras", {}, 1 / MEAN, 2 / 0.8796 / sqrt(MEAN)),
    ("glorot_normal", "torch", {}, 1 / MEAN, inf),
    ("glorot_normal", "mxnet", {}, 3 / MEAN, inf),
    ("he_normal", "keras", {}, 2 / FAN_IN, 2 / 0.8796 * sqrt(2 / FAN_IN)),
    ("he_normal", "torch", {}, 2 / FAN_IN, inf),
    ("he_normal", "mxnet", {}, 2 / 1.0625 / MEAN, inf),
    ("lecun_normal", None, {}, 1 / FAN_IN, 2 / 0.8796 / sqrt(FAN_IN)),
    ("normal", None, {"std": 0.5}, 0.25, inf),
    ("truncated_normal", None, {"std": 0.5}, (0.5 * 0.8796) ** 2, 1.0),
    ("orthogonal", None, {}, 1 / FAN_IN, 1.0),
]


@pytest.mark.parametrize(("name", "compat", "fields", "variance", "limit"), TABLE)
def test_random_values_have_their_spread(
    name: str, compat: str | None, fields: dict[str, Any], variance: float, limit: float
) -> None:
    values = draw(name, compat, **fields)
    assert values.dtype == np.float32
    assert abs(values.mean()) < 5 * sqrt(variance / DRAWS)
    assert values.var() == pytest.approx(variance, rel=0.02)
    largest = np.abs(values).max()
    assert largest <= limit
    if limit < inf and name != "orthogonal":
        assert largest > 0.99 * limit
    elif limit == inf:
        assert largest > 3.5 * sqrt(variance)  # not cut


@pytest.mark.parametrize(
    ("name", "fields", "value"), [("zeros", {}, 0.0), ("ones", {}, 1.0), ("constant", {"value": 0.3}, 0.3)]
)
def test_constants(name: str, fields: dict[str, Any], value: float) -> None:
    assert (draw(name, shape=(3, 2), **fields) == np.full((3, 2), value, np.float32)).all()


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 3, 4)])
def test_orthogonal_rows_or_columns(shape: tuple[int, ...]) -> None:
    matrix = draw("orthogonal", shape=shape, gain=2.0).reshape(-1, shape[-1])
    product = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_the_same_generator_gives_the_same_values() -> None:
    assert (draw("he_normal") == draw("he_normal")).all()
