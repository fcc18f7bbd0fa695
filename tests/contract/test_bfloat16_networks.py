"""What holds for networks whose products read bfloat16: one for each combination of ops that multiply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from .networks import ROWS, Row

#: a number between two of bfloat16 may be rounded to either, by sums that differ in their last bit
CLOSE_LOSS, CLOSE = 2e-3, 2e-2


def in_bfloat16(row: Row) -> Row:
    train = {**row.config.get("train", {}), "precision": "bfloat16"}
    return replace(row, config={**row.config, "train": train})


@cache
def different_products() -> Sequence[Row]:
    """The first network of each combination of ops that multiply."""
    found: dict[frozenset[str], Row] = {}
    for row in ROWS:
        graph = row.network(training=True, lower=False).graph
        ops = frozenset(node.op.yaml_name for node in graph.nodes if node.op.rounds != slice(0))
        if ops and ops not in found:
            found[ops] = in_bfloat16(row)
    return list(found.values())


@pytest.mark.parametrize("row", different_products(), ids=str)
def test_cpu_and_reference_train_alike_on_any_number_of_threads(row: Row):
    cpu, other, reference = row.engine(threads=1), row.engine(threads=2), row.engine(debug=True)
    losses, shared, expected = (
        engine.train("train", row.steps(0, 3), collect=False).losses for engine in (cpu, other, reference)
    )
    np.testing.assert_allclose(losses, expected, rtol=CLOSE_LOSS, err_msg="losses: cpu, then reference")
    assert shared.tobytes() == losses.tobytes()
    after, by_reference = cpu.read(), reference.read()
    for name, array in after.items():
        scale = np.abs(by_reference[name]).max()
        np.testing.assert_allclose(array, by_reference[name], rtol=0, atol=CLOSE * scale + 1e-4, err_msg=name)
        assert array.tobytes() == other.read()[name].tobytes(), f"{name} differs on two threads"
    evaluated = [engine.evaluate("train").losses for engine in (cpu, reference)]
    np.testing.assert_allclose(*evaluated, rtol=1e-2)


def test_products_see_rounded_numbers():
    row = in_bfloat16(Row("", [{"dense": 5}]))
    plain = Row("", [{"dense": 5}])
    losses = [one.engine().evaluate("train").losses for one in (row, plain)]
    assert (losses[0] != losses[1]).all()
    np.testing.assert_allclose(*losses, rtol=1e-2)
