"""The engine: what is written is read again and used, outputs come in order, and trouble is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.errors import RunError
from dltool.kernels.cpu.kernel import declared
from dltool.runtime.binding import all_kernels
from dltool.runtime.engine import Engine
from tests.contract.networks import HEAD, SAMPLES, Row

ODD = [
    {"dense": {"units": 130, "activation": "relu"}},
    {"dense": {"units": 1, "activation": "tanh"}},
    {"dense": {"units": 16, "activation": "gelu"}},
    "batch_norm",
    "layer_norm",
    {"dense": {"units": 33, "bias": False}},
    *HEAD,
]
TRAINED = {"optimizer": "adam", "train": {"ema_decay": 0.9}}
THREE = [{"dense": {"units": 17, "activation": "relu"}}, {"dense": 17}, *HEAD]


def random_arrays(engine: Engine) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    return {n: generator.uniform(0.1, 1, size=s).astype(np.float32) for n, s in engine.shapes.items()}


@pytest.mark.parametrize("debug", [False, True])
def test_what_is_written_is_read(debug: bool):
    engine = Row("odd", ODD, config=TRAINED).engine(debug=debug)
    arrays = random_arrays(engine)
    engine.write(arrays)
    read = engine.read()
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array, err_msg=name)


def test_training_goes_on_from_what_is_written():
    row = Row("odd", ODD, config=TRAINED)
    fast, reference = row.engine(threads=2), row.engine(debug=True)
    arrays = random_arrays(fast)
    for engine in (fast, reference):
        engine.train("train", row.steps(0, 3), collect=False)  # which leaves other values
        engine.write(arrays)
    losses = [engine.train("train", row.steps(0, 1), collect=False).losses for engine in (fast, reference)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4, err_msg="losses: cpu, then reference")
    for name, array in reference.read().items():
        np.testing.assert_allclose(fast.read()[name], array, rtol=1e-3, atol=1e-4, err_msg=name)


def test_an_average_not_given_follows_its_parameter():
    engine = Row("three", THREE, config=TRAINED).engine()
    weight = np.full((7, 17), 2, np.float32)
    engine.write({"dense_1.weight": weight, "unknown": weight})
    np.testing.assert_array_equal(engine.read()["dense_1.weight.average"], weight)


@pytest.mark.parametrize("threads", [1, 2])
def test_outputs_come_in_the_order_of_the_samples(threads: int):
    row = Row("one", HEAD)
    engine = row.engine(threads=threads)
    arrays = engine.read()
    expected = row.data().features @ arrays["dense_1.weight"] + arrays["dense_1.bias"]
    result = engine.evaluate("train")
    assert result.outputs is not None
    np.testing.assert_allclose(result.outputs, expected, rtol=1e-5, atol=1e-6)
    assert len(result.losses) == 3  # of batches of 33, 33 and 24 samples
    powers = np.exp(expected)
    right = (powers / powers.sum(axis=1, keepdims=True))[np.arange(SAMPLES), row.data().targets]
    assert result.loss == pytest.approx(-np.log(right).mean(), rel=1e-5)


def test_longer_plans_and_shorter_ones_share_an_engine():
    row = Row("three", THREE)
    engine, other = row.engine(), row.engine()
    alone = [other.train("train", row.steps(first, 1), collect=True) for first in (0, 1, 2)]
    engine_results = [engine.train("train", row.steps(first, count), collect=True) for first, count in ((0, 1), (1, 2))]
    for part in ("losses", "outputs"):
        several = np.concatenate([getattr(result, part) for result in engine_results])
        np.testing.assert_array_equal(several, np.concatenate([getattr(result, part) for result in alone]))


@pytest.mark.parametrize("debug", [False, True])
def test_micro_batches_make_the_update_of_one_batch(debug: bool):
    trained = {}
    for size, count in ((33, 1), (11, 3)):
        row = Row("three", THREE, config={"optimizer": "adam", "train": {"batch_size": size, "accumulate": count}})
        engine = row.engine(debug=debug)
        losses = engine.train("train", row.steps(0, 3), collect=False).losses
        trained[count] = {"losses": losses.reshape(3, count).sum(axis=1), **engine.read()}
    for name, array in trained[1].items():
        np.testing.assert_allclose(trained[3][name], array, rtol=1e-3, atol=1e-5, err_msg=name)


BROKEN = [
    ("dense_2.weight", np.nan, "step 1: matmul of layer 'dense_2' (forward) made 561 of 561 numbers NaN or infinite"),
    ("dense_3.bias", np.inf, "step 1: add_bias of layer 'dense_3' (forward) made 165 of 165 numbers NaN or infinite"),
]


@pytest.mark.parametrize(("name", "value", "message"), BROKEN)
def test_debug_names_the_layer_where_numbers_break(name: str, value: float, message: str):
    row = Row("three", THREE)
    engine = row.engine(debug=True)
    engine.write({name: np.full(engine.shapes[name], value, np.float32)})
    with pytest.raises(RunError) as caught:
        engine.train("train", row.steps(0, 1), collect=False)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("name", "value", "message"), BROKEN)
def test_numbers_that_break_reach_the_loss(name: str, value: float, message: str):
    row = Row("three", THREE)
    engine = row.engine()
    engine.write({name: np.full(engine.shapes[name], value, np.float32)})
    losses = engine.train("train", row.steps(0, 1), collect=False).losses
    assert not np.isfinite(losses).any(), losses


@pytest.mark.parametrize("model", [THREE, ODD], ids=["three", "odd"])
def test_debug_and_cpu_start_alike(model: list[Any]):
    row = Row("", model, config=TRAINED)
    fast, reference = row.engine(), row.engine(debug=True)
    for name, array in reference.read().items():
        np.testing.assert_array_equal(fast.read()[name], array, err_msg=name)


def test_a_warmup_compiles_kernels_that_exist():
    assert {kernel.name for kernel in all_kernels()} <= declared().keys()
