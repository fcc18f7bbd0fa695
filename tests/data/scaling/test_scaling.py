"""Scaling: closed forms, fitted on the training part only, exact where parity needs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.data.scaling.moments import Moments
from dltool.registry import registered
from tests.data.opening import idx, opened, problems, table, write

FEATURES = np.array([[1.0, 5.0, 10.0], [3.0, 5.0, 20.0], [8.0, 5.0, 60.0]])


def _scaled(name: str, features: np.ndarray, **fields: Any) -> np.ndarray:
    moments = Moments()
    for piece in np.array_split(features, 2):  # in pieces, as files are read
        moments.update(piece)
    return registered("scaling")[name](**fields).scale(moments).applied(features)


CASES = [
    ("divide", {"by": 16.0}, FEATURES / 16),
    ("minmax", {}, [[0, 0, 0], [2 / 7, 0, 0.2], [1, 0, 1]]),
    ("standard", {}, (FEATURES - FEATURES.mean(0)) / np.where(FEATURES.std(0) > 0, FEATURES.std(0), 1)),
]


@pytest.mark.parametrize(("name", "fields", "expected"), CASES)
def test_closed_forms(name: str, fields: dict[str, Any], expected: np.ndarray):
    scaled = _scaled(name, FEATURES, **fields)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["standard", "minmax"])
def test_columns_of_windows_are_scaled_each_for_itself(name: str):
    write("two.csv", "small,large,y\n" + "".join(f"{i % 3},{1000 + i * i},{i}\n" for i in range(20)))
    source = {"path": "two.csv", "target": "y", "columns": ["small", "large"], "length": 4}
    data = {"windows": source, "split": {"validation": 0}}
    shown = opened({**data, "scaling": "none"}).parts["train"].features
    rows = np.array([(i % 3, 1000 + i * i) for i in range(20)], np.float64)  # each once, however many windows show it
    offset, size = (rows.mean(0), rows.std(0)) if name == "standard" else (rows.min(0), np.ptp(rows, axis=0))
    scaled = opened({**data, "scaling": name}).parts["train"].features
    np.testing.assert_allclose(scaled, (shown - offset) / size, rtol=1e-5, atol=1e-6)


def test_dimensions_of_labelled_series_are_scaled_each_for_itself():
    write("two.ts", "@classLabel true a b\n@data\n1,2,3:100,200,300:a\n3,2,1:500,100,100:b\n")
    scaled = opened({"series": "two.ts", "split": {"validation": 0}, "scaling": "minmax"}).parts["train"].features
    np.testing.assert_allclose(scaled[0], [[0, 0], [0.5, 0.25], [1, 0.5]], atol=1e-6)


def test_a_constant_that_rounds_is_still_constant():
    assert np.abs(_scaled("standard", np.full((1000, 1), 0.1))).max() < 1e-12


def test_blocks_do_not_show():
    features = np.random.default_rng(0).normal(3, 2, (5000, 700)).astype(np.float32)
    expected = (features - features.mean(0, dtype=np.float64)) / features.std(0, dtype=np.float64)
    np.testing.assert_allclose(_scaled("standard", features), expected, atol=1e-6)


@pytest.mark.parametrize(("name", "offset", "factor"), [("standard", 31.5, 1 / 18.47295), ("minmax", 0, 1 / 63)])
def test_images_are_scaled_as_a_whole_when_a_batch_is_gathered(name: str, offset: float, factor: float):
    images = np.arange(64, dtype=np.uint8).reshape(4, 4, 4)
    write("images", idx(images))
    write("labels", idx(np.arange(4, dtype=np.uint8) % 2))
    data = {"idx": {"images": "images", "labels": "labels"}, "split": {"validation": 0}, "scaling": name}
    dataset = opened(data)
    assert dataset.parts["train"].features.dtype == np.uint8
    assert dataset.signature.offset is not None
    assert dataset.signature.factor is not None
    assert dataset.signature.offset.dtype == dataset.signature.factor.dtype == np.float32
    np.testing.assert_allclose(dataset.signature.offset, offset)
    np.testing.assert_allclose(dataset.signature.factor, factor, rtol=1e-6)


def test_bytes_that_are_no_images_are_scaled_one_by_one():
    np.savez("bytes.npz", x=np.arange(12, dtype=np.uint8).reshape(4, 3), y=[0, 1, 0, 1])
    dataset = opened({"npz": {"path": "bytes.npz"}, "split": {"validation": 0}, "scaling": "minmax"})
    np.testing.assert_array_equal(dataset.signature.offset, [0, 1, 2])


def test_only_the_training_part_counts():
    write("data.csv", "a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(10)) + "1000,1\n1000,0\n")
    data = {**table("data.csv"), "split": {"validation": {"last": 2}}, "scaling": "minmax"}
    parts = opened(data).parts
    np.testing.assert_allclose(parts["train"].features[:, 0], np.arange(10) / 9, rtol=1e-6)
    np.testing.assert_allclose(parts["validation"].features[:, 0], 1000 / 9, rtol=1e-6)


def test_dividing_by_a_power_of_two_is_exact():
    pixels = np.arange(17.0)[:, None]
    np.testing.assert_array_equal(_scaled("divide", pixels, by=16.0), pixels.astype(np.float32) / np.float32(16))


OFFSET = 1.7e9 + 4 * np.random.default_rng(0).normal(size=(400, 1))


@pytest.mark.parametrize("name", ["standard", "minmax"])
@pytest.mark.parametrize("size", [1e-160, 1e-12, 1.0, 1e30])
def test_numbers_of_any_size_stay_finite_and_apart(name: str, size: float):
    scaled = _scaled(name, size * FEATURES)
    assert np.isfinite(scaled).all()
    if size > 1e-150:
        np.testing.assert_allclose(scaled, _scaled(name, FEATURES), rtol=1e-6, atol=1e-6)


def test_small_differences_of_large_numbers_are_kept():
    np.savez("data.npz", x=OFFSET, y=np.arange(400) % 2)
    data = {"npz": "data.npz", "split": {"validation": 0}}
    scaled = opened({**data, "scaling": "standard"}).parts["train"].features
    np.testing.assert_allclose(scaled, (OFFSET - OFFSET.mean()) / OFFSET.std(), atol=1e-6)
    (note,) = opened({**data, "scaling": "none"}).notes
    assert note.startswith("feature 0 on the last axis is 1700000000 ± 3.9")
    assert note.endswith("subtract the mean: data.scaling: standard")


@pytest.mark.parametrize("scaling", [None, "none", {"divide": 1e9}])
def test_targets_that_float32_cannot_tell_apart_are_refused(scaling: Any):
    np.savez("data.npz", x=FEATURES[[0, 1, 2, 0] * 100], y=OFFSET[:, 0])
    data = {"npz": "data.npz", "split": {"validation": 0}, "target_scaling": scaling}
    (line,) = problems(data)
    assert line.startswith("data.target_scaling: target 'y' is 1700000000 ± 3.9")
    dataset = opened({**data, "target_scaling": "standard"})
    own = dataset.signature.own_units(dataset.parts["train"].targets)
    np.testing.assert_allclose(own, OFFSET, rtol=0, atol=1e-5)
