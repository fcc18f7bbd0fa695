"""Kernels that only a GPU takes, run on the processor, against the reference on the same inputs."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np
import pytest

from dltool.kernels import reference
from dltool.kernels.xla import attention_kernel, conv_kernel, depthwise, find, gpu, recurrence_kernel
from dltool.ops.op import StepRecord
from tests.quick_xla import quick

STEP = StepRecord(step=0, epoch=0, position=0, rows=3, scale=1.0, scalars=())


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng([seed, *shape]).standard_normal(shape) * 0.3).astype(np.float32)


def assert_near(actual: Any, expected: Any, share: float) -> None:
    """No element is off by more than a share of the largest."""
    actual, expected = (each if isinstance(each, tuple) else (each,) for each in (actual, expected))
    for one, other in zip(actual, expected, strict=True):
        assert np.abs(np.asarray(one) - other).max() <= share * np.abs(other).max()


@pytest.mark.parametrize(("kind", "gates", "states"), [("lstm", 4, 2), ("gru", 3, 1), ("simple_rnn", 1, 1)])
@pytest.mark.parametrize("extras", [False, True], ids=["plain", "initial states and dropout"])
def test_loops_over_steps(kind: str, gates: int, states: int, extras: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recurrence_kernel, "suits", lambda recurrent: True)
    monkeypatch.setattr(recurrence_kernel, "over_steps", partial(recurrence_kernel.over_steps, interpret=True))
    samples, steps, width = 18, 4, 16  # more than one block of threads, the last of them not full
    given = {"masked": int(extras), "rounded": 0, **({"relu": 0} if kind == "simple_rnn" else {})}
    more = [numbers(samples, width, seed=i) for i in range(states)] if extras else []
    more += [(numbers(samples, 1, width, seed=9) > 0) * np.float32(2)] if extras else []
    recurrent, products = numbers(width, gates * width), numbers(samples, steps, gates * width)
    bias = [numbers(gates * width)] if kind == "gru" else []
    made = reference.find(kind)(products, recurrent, *bias, *more, **given)
    forward = quick(partial(find(kind), **given))(products, recurrent, *bias, *more)
    assert_near(forward, made, 5e-3)
    dy = 1e-6 * numbers(samples, steps, width, seed=1)  # as small as gradients are
    if kind == "lstm":
        backward = made[1], recurrent, dy, made[2], *more
    elif kind == "gru":
        backward = made[1], recurrent, dy, made[2], made[0], *more
    else:
        backward = dy, recurrent, made, *more
    name = f"{kind}_gradient"
    assert_near(quick(partial(find(name), **given))(*backward), reference.find(name)(*backward, **given), 2e-3)


@pytest.mark.parametrize(
    ("heads", "groups", "steps", "causal", "lengths"),
    [(2, 2, 5, 1, None), (2, 1, 70, 0, [70, 3, 0]), (2, 2, 130, 1, [1, 130, 64])],
    ids=["one tile", "two tiles, shared keys", "three tiles, causal, of different lengths"],
)
@pytest.mark.parametrize(("rounded", "close"), [(0, 1e-5), (1, 1e-2)], ids=["float32", "bfloat16"])
def test_attention_in_tiles(
    heads: int, groups: int, steps: int, causal: int, lengths: list[int] | None, rounded: int, close: float
):
    width = 16
    shape = attention_kernel.Shape(heads, groups, causal, width**-0.5, steps)
    given = {"heads": heads, "groups": groups, "causal": causal, "scale": width**-0.5, "rate": 0.0}
    rest = {"stream": 0, "key": 0, "rounded": rounded, "step": STEP}
    known = [] if lengths is None else [np.array(lengths, np.int32)]
    qkv, dy = 3 * numbers(3, steps, (heads + 2 * groups) * width), numbers(3, steps, heads * width)
    one, read = known[0] if known else None, [qkv, dy]
    if rounded:
        qkv, dy = map(reference.find("round_bfloat16"), (qkv, dy))
        read = list(map(find("round_bfloat16"), (jax.numpy.array(qkv), jax.numpy.array(dy))))
    y, logsums = reference.find("attention")(qkv, *known, **given, **rest)
    forward = quick(partial(attention_kernel.forward, shape=shape, interpret=True))
    assert_near(forward(read[0], one), (y, logsums), close)
    expected = reference.find("attention_gradient")(dy, qkv, y, logsums, *known, **given, **rest)
    backward = quick(partial(attention_kernel.backward, shape=shape, interpret=True))
    assert_near(backward(read[1], read[0], y, logsums, one), expected, close)


GEOMETRY = {"height": 7, "width": 6, "out_height": 3, "out_width": 3, "top": 0, "left": 1}
for axis in ("height", "width"):
    GEOMETRY |= {f"kernel_{axis}": 3, f"stride_{axis}": 2, f"dilation_{axis}": 1}


@pytest.mark.parametrize(("samples", "rounded"), [(2, False), (50, False), (50, True)])
def test_weights_of_convolutions(samples: int, rounded: bool, monkeypatch: pytest.MonkeyPatch):
    summed = partial(conv_kernel.weight_gradient, interpret=True)
    monkeypatch.setattr(conv_kernel, "suits", lambda x, dy, width: True)
    monkeypatch.setattr(conv_kernel, "weight_gradient", summed)
    monkeypatch.setattr(conv_kernel, "BLOCKS", 6)  # which take several turns
    x, dy = numbers(samples, 7, 6, 5), numbers(samples, 3, 3, 18)
    if rounded:
        x, dy = map(reference.find("round_bfloat16"), (x, dy))
    read = [jax.numpy.array(each, "bfloat16" if rounded else "float32") for each in (x, dy)]
    made = quick(partial(find("conv_weight_gradient"), groups=1, **GEOMETRY))(*read)
    assert_near(made, reference.find("conv_weight_gradient")(x, dy, groups=1, **GEOMETRY), 1e-6)


@pytest.mark.parametrize("used", [0, 1])
def test_depthwise_convolutions(used: int, monkeypatch: pytest.MonkeyPatch):
    summed = partial(conv_kernel.weight_gradient_by_channel, interpret=True)
    monkeypatch.setattr(depthwise, "_in_groups", lambda: True)
    monkeypatch.setattr(conv_kernel, "weight_gradient_by_channel", summed)
    monkeypatch.setattr(conv_kernel, "CHANNELS", 4)  # of the five
    monkeypatch.setattr(depthwise, "shared_memory", lambda: used)
    x, w, dy = numbers(2, 7, 6, 5), numbers(3, 3, 1, 5), numbers(2, 3, 3, 5)
    for name, arrays, more in (
        ("depthwise", (x, w), {}),
        ("depthwise_data_gradient", (dy, w), {}),
        ("depthwise_weight_gradient", (x, dy), {"groups": 1}),
    ):
        expected = reference.find(name)(*arrays, **GEOMETRY, **more)
        assert_near(quick(partial(find(name), **GEOMETRY, **more))(*arrays), expected, 1e-6)


@pytest.mark.parametrize(
    ("card", "lstm", "heads"),
    [((7, 5), [], []), ((8, 0), [64, 128], [64, 128]), ((8, 9), [64], [64]), ((9, 0), [64, 128], [64])],
    ids=["T4", "A100", "RTX 4090", "H100"],
)
def test_kernels_are_used_where_they_fit(
    card: tuple[int, int], lstm: list[int], heads: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gpu, "capability", lambda: card)
    monkeypatch.setattr(attention_kernel, "capability", lambda: card)
    with jax.default_matmul_precision("tensorfloat32"):
        assert [n for n in (64, 128) if recurrence_kernel.suits(jax.numpy.zeros((n, 4 * n)))] == lstm
        assert [n for n in (64, 128) if attention_kernel.suits(n, 0.0)] == heads
        with gpu.traced_for(2):
            assert not attention_kernel.suits(64, 0.0)
    assert not attention_kernel.suits(64, 0.0)  # in full precision
