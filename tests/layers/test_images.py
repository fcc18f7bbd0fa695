"""Pools, resampling and group normalization: values that PyTorch and TensorFlow give, shapes, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.errors import InputError
from dltool.kernels.reference import find
from dltool.runtime.interpreter import run_graph
from tests.ops.cases import Case, windows

from .test_building import build

RAMP = np.arange(16.0).reshape(4, 4)
NAN = float("nan")
SQUARE = [[1, 2], [3, 5]]
# layer, one channel of its input, of its output; PyTorch 2.13 gives the same, TensorFlow for padding: same
VALUES: list[tuple[Any, Any, Any]] = [
    ("max_pool2d", RAMP, [[5, 7], [13, 15]]),
    ({"max_pool2d": {"size": 3, "stride": 2, "padding": 1}}, RAMP, [[5, 7], [13, 15]]),
    ({"max_pool2d": {"size": 3, "stride": 2, "padding": "same"}}, RAMP, [[10, 11], [14, 15]]),
    ({"max_pool2d": {"size": 3, "stride": 2, "padding": "same"}}, -RAMP, [[0, -2], [-8, -10]]),
    ({"max_pool1d": 2}, [1, -2, 3, 4, 9], [1, 4]),
    ({"average_pool2d": {"size": [1, 4]}}, RAMP, [[1.5], [5.5], [9.5], [13.5]]),
    ({"average_pool2d": {"padding": 1}}, RAMP, [[0, 1.5, 3], [6, 7.5, 9], [12, 13.5, 15]]),
    (
        {"average_pool2d": {"padding": 1, "include_padding": True}},
        RAMP,
        [[0, 0.75, 0.75], [3, 7.5, 4.5], [3, 6.75, 3.75]],
    ),
    ({"average_pool1d": {"size": 2, "padding": "same"}}, [1, 2, 6], [1.5, 6]),
    ({"upsample2d": [1, 2]}, SQUARE, [[1, 1, 2, 2], [3, 3, 5, 5]]),
    (
        {"upsample2d": {"interpolation": "bilinear"}},
        SQUARE,
        [[1, 1.25, 1.75, 2], [1.5, 1.8125, 2.4375, 2.75], [2.5, 2.9375, 3.8125, 4.25], [3, 3.5, 4.5, 5]],
    ),
    ({"upsample1d": {"factor": 3, "interpolation": "linear"}}, [1, 4], [1, 1, 2, 3, 4, 4]),
    ({"zero_pad2d": [[1, 0], [0, 2]]}, SQUARE, [[0, 0, 0, 0], [1, 2, 0, 0], [3, 5, 0, 0]]),
    ({"zero_pad1d": 1}, [1, 2], [0, 1, 2, 0]),
    ({"crop2d": [0, 1]}, RAMP, [[1, 2], [5, 6], [9, 10], [13, 14]]),
    ({"crop1d": [2, 0]}, [1, 2, 3], [3]),
    ("global_average_pool", RAMP, 7.5),
    ("global_max_pool", [3, 7, 5], 7),
]


@pytest.mark.parametrize(("layer", "x", "expected"), VALUES)
def test_values(layer: Any, x: Any, expected: Any):
    channels = np.stack([np.asarray(x, float), 2 * np.asarray(x, float)], axis=-1)
    graph, y = build([layer], channels.shape)
    given = run_graph(graph, {"x": channels[None]}, Case("add", ()).step(1))[y.name]
    expected = np.asarray(expected, float)
    np.testing.assert_allclose(given, np.stack([expected, 2 * expected], axis=-1)[None], rtol=1e-15)


def test_group_norm_as_pytorch():
    graph, y = build([{"group_norm": {"groups": 2, "epsilon": 1e-5}}], (2, 4))
    x = np.array([[1, 3, 5, 7], [2, 4, 6, 9.0]])
    given = {
        "x": x[None],
        "group_norm_1.gain": np.array([1.0, 2, 1, 2]),
        "group_norm_1.bias": np.array([0, 0, 0.5, 0.5]),
    }
    expected = [[-1.3416353, 0.8944237, -0.6832131, 0.8380611], [-0.4472117, 2.6832709, -0.0070913, 3.5425485]]
    result = run_graph(graph, given, Case("add", ()).step(1))[y.name]
    np.testing.assert_allclose(result[0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("window", "largest", "gradient"),
    [
        ([1.0, 1.0, 0.0], 1.0, [3, 0, 0]),  # the first of several
        ([0.0, -0.0, -1.0], 0.0, [3, 0, 0]),
        ([1.0, NAN, 2.0], NAN, [0, 3, 0]),  # NaN is larger than any number
    ],
)
def test_which_element_is_the_largest(window: list[float], largest: float, gradient: list[float]):
    x, attributes = np.reshape(window, (1, 3, 1)), windows((1, 3), (1, 3), (1, 3))
    y = find("max_pool")(x, **attributes)
    np.testing.assert_array_equal(y, [[[largest]]])
    dx = find("max_pool_gradient")(x, y, np.full((1, 1, 1), 3.0), **attributes)
    np.testing.assert_array_equal(dx[0, :, 0], gradient)


# layer, input, output
SHAPES: list[tuple[Any, tuple[int, ...], tuple[int, ...]]] = [
    ({"max_pool2d": {"size": 3, "stride": 2, "padding": "same"}}, (7, 8, 3), (4, 4, 3)),
    ({"average_pool2d": {"size": [2, 3], "stride": [2, 1]}}, (7, 8, 3), (3, 6, 3)),
    ({"max_pool2d": {"size": 1, "stride": 3}}, (7, 8, 3), (3, 3, 3)),
    ({"average_pool1d": {"size": 9, "padding": "same", "stride": 1}}, (4, 3), (4, 3)),
    ("global_average_pool", (4, 5, 6), (6,)),
    ("global_max_pool", (5, 6), (6,)),
    ({"upsample2d": {"factor": [2, 3], "interpolation": "bilinear"}}, (4, 5, 6), (8, 15, 6)),
    ("upsample1d", (4, 5), (8, 5)),
    ({"zero_pad2d": 3}, (4, 5, 6), (10, 11, 6)),
    ({"crop2d": [[0, 1], [2, 0]]}, (4, 5, 6), (3, 3, 6)),
]


@pytest.mark.parametrize(("layer", "shape", "expected"), SHAPES)
def test_output_shapes(layer: Any, shape: tuple[int, ...], expected: tuple[int, ...]):
    assert build([layer], shape)[1].shape == expected


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (
            "max_pool2d",
            (9, 3),
            "max_pool2d_1: expected images (height, width, channels), got [9, 3]; reshape it before this layer",
        ),
        (
            {"upsample1d": 2},
            (4, 4, 3),
            "upsample1d_1: expected series (length, channels), got [4, 4, 3]; reshape it before this layer",
        ),
        (
            {"max_pool2d": [2, 5]},
            (4, 4, 3),
            "max_pool2d_1: a window of 5 does not fit a length of 4; use a smaller size, or padding: same",
        ),
        (
            {"average_pool1d": {"size": 2, "padding": 2}},
            (4, 3),
            "average_pool1d_1: padding by 2 exceeds a window of 2; use at most 1",
        ),
        (
            "global_max_pool",
            (3,),
            "global_max_pool_1: expected an image or a series, got [3]; reshape it before this layer",
        ),
        ({"crop1d": 2}, (4, 3), "crop1d_1: cropping by 2 leaves nothing of [4, 3]; crop less"),
        ("group_norm", (4, 6), "group_norm_1: 32 groups do not divide 6 channels; choose of 1, 2, 3, 6"),
    ],
)
def test_refusals(layer: Any, shape: tuple[int, ...], message: str):
    with pytest.raises(InputError) as caught:
        build([layer], shape)
    assert str(caught.value) == message
