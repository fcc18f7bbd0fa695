"""Every network of the table trains and is evaluated on XLA as by the reference kernels."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.program.building import build_network
from dltool.runtime.device import Device
from dltool.runtime.engine import Engine
from tests.quick_xla import compile_quickly

from .networks import BATCH, ROWS, Row
from .test_bfloat16_networks import CLOSE, CLOSE_LOSS, different_products

#: what of the table every test run has: compiling takes seconds
QUICK = {"dropout", "batch_norm of keras", "conv2d", "stateful gru", "embeddings of bags", "transformer_block"}
TABLE = [row if row.name in QUICK else pytest.param(row, marks=pytest.mark.slow) for row in ROWS]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_quickly(monkeypatch)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_xla_and_the_reference_train_alike(row: Row):
    networks = [
        build_network(row.experiment, row.signature, training=x, rows=BATCH, lower=False) for x in (True, False)
    ]
    data, seed = {"train": row.data()}, row.experiment.train.seed
    xla = Engine(networks[:1], networks[1:], data, seed=seed, device=Device("xla"))
    reference = Engine(networks[:1], networks[1:], data, seed=seed, debug=True)
    trained, expected = (engine.train("train", row.steps(0, 3), collect=True) for engine in (xla, reference))
    np.testing.assert_allclose(trained.losses, expected.losses, rtol=1e-5)
    np.testing.assert_allclose(trained.outputs, expected.outputs, rtol=1e-3, atol=1e-4)
    for name, array in reference.read().items():
        np.testing.assert_allclose(
            xla.read()[name], array, rtol=0, atol=2e-5 * np.abs(array).max() + 1e-7, err_msg=name
        )
    use_average = row.experiment.train.ema_decay is not None
    evaluated, expected = (engine.evaluate("train", use_average=use_average) for engine in (xla, reference))
    np.testing.assert_allclose(evaluated.losses, expected.losses, rtol=1e-3)
    np.testing.assert_allclose(evaluated.outputs, expected.outputs, rtol=1e-2, atol=1e-3)


ROUNDED = [
    row
    if row.name in {"stateful gru", "multi_head_attention", "conv2d of even kernels"}
    else pytest.param(row, marks=pytest.mark.slow)
    for row in different_products()
]


@pytest.mark.parametrize("row", ROUNDED, ids=str)
def test_xla_and_the_reference_round_alike(row: Row):
    networks = [
        build_network(row.experiment, row.signature, training=x, rows=BATCH, lower=False) for x in (True, False)
    ]
    data, seed = {"train": row.data()}, row.experiment.train.seed
    xla = Engine(networks[:1], networks[1:], data, seed=seed, device=Device("xla", precision="bfloat16"))
    reference = Engine(networks[:1], networks[1:], data, seed=seed, debug=True)
    trained, expected = (engine.train("train", row.steps(0, 3), collect=False) for engine in (xla, reference))
    np.testing.assert_allclose(trained.losses, expected.losses, rtol=CLOSE_LOSS)
    for name, array in reference.read().items():
        scale = np.abs(array).max()
        np.testing.assert_allclose(xla.read()[name], array, rtol=0, atol=CLOSE * scale + 1e-4, err_msg=name)
