"""What augmentations do to images that are trained on: only to those, the same again, one line if they do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.errors import InputError
from dltool.kernels.reference.augment import augment
from dltool.ops.op import StepRecord
from tests.contract.networks import HEAD, Row

IMAGES = (8, 8, 3)
STEP = StepRecord(step=0, epoch=1, position=64, rows=64, scale=1.0)
DEFAULTS = {
    "rotate": 0.0,
    "down": 0.0,
    "right": 0.0,
    "scale_low": 1.0,
    "scale_high": 1.0,
    "shear": 0.0,
    "cutout": 0,
    "crop": 0,
}
COLORS = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "horizontal": 0, "vertical": 0, "width": 8}


def changed(x: np.ndarray, **ranges: Any) -> np.ndarray:
    border, reach = np.full(x.shape[-1], -1.0), np.ones(x.shape[-1])
    return augment(x, border, reach, step=STEP, stream=1, key=5, **{**DEFAULTS, **COLORS, **ranges})


def images(count: int = 64) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, *IMAGES))


def test_crops_are_all_shifts_of_the_padded_image():
    x = images()
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=-1.0)
    seen = set()
    for before, after in zip(padded, changed(x, crop=2), strict=True):
        shifts = [(i, j) for i in range(5) for j in range(5) if (before[i : i + 8, j : j + 8] == after).all()]
        assert len(shifts) == 1
        seen.update(shifts)
    assert len(seen) > 20  # of 25


@pytest.mark.parametrize(("name", "axis"), [("horizontal", 1), ("vertical", 0)])
def test_about_half_of_the_images_are_flipped(name: str, axis: int):
    x = images()
    flipped = [(np.flip(a, axis) == b).all() for a, b in zip(x, changed(x, **{name: 1}), strict=True)]
    same = [(a == b).all() for a, b in zip(x, changed(x, **{name: 1}), strict=True)]
    assert all(one != other for one, other in zip(flipped, same, strict=True))
    assert 20 < sum(flipped) < 44


def test_a_square_is_cut_out():
    holes = (changed(images(), cutout=4) == -1.0).all(axis=-1)
    assert {int(hole.sum()) for hole in holes} <= {4, 6, 8, 9, 12, 16}
    assert max(hole.sum() for hole in holes) == 16


def test_turning_keeps_the_middle_and_no_turn_keeps_all():
    x = np.random.default_rng(1).normal(size=(64, 9, 9, 1))
    np.testing.assert_allclose(changed(x, rotate=3.0, width=9)[:, 4, 4], x[:, 4, 4], atol=1e-12)
    np.testing.assert_allclose(changed(x, rotate=1e-12, width=9)[:, 1:-1, 1:-1], x[:, 1:-1, 1:-1], atol=1e-9)


def test_contrast_keeps_the_mean_and_brightness_moves_it():
    x = images()
    np.testing.assert_allclose(changed(x, contrast=0.5).mean(axis=(1, 2)), x.mean(axis=(1, 2)), atol=1e-12)
    moved = changed(x, brightness=0.5) - x
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1, :1, :1], moved.shape), atol=1e-12)
    assert np.abs(moved).max() <= 0.5


MODEL = [{"conv2d": {"filters": 4}}, "batch_norm", "relu", "flatten", *HEAD]
ALL = [
    {"random_crop": 2},
    {"random_flip": "both"},
    {"random_affine": {"rotate": 10, "translate": [0.1, 0.2], "scale": [0.9, 1.1], "shear": 5}},
    {"cutout": 3},
    {"color_jitter": {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2}},
]


def test_any_number_of_threads_and_the_reference_train_alike():
    row = Row("augmented", MODEL, shape=IMAGES, scaled=np.float32(1 / 255), config={"augment": ALL})
    engines = [row.engine(threads=threads) for threads in (1, 2, 4)] + [row.engine(debug=True)]
    losses = [engine.train("train", row.steps(0, 3), collect=False).losses for engine in engines]
    assert losses[0].tobytes() == losses[1].tobytes() == losses[2].tobytes()
    np.testing.assert_allclose(losses[0], losses[3], rtol=1e-4)


@pytest.mark.parametrize("model", [["flatten", *HEAD], [{"reshape": [8, 24]}, "flatten", *HEAD]], ids=str)
def test_a_reshape_comes_after_it(model: list[Any]):
    row = Row("augmented", model, shape=IMAGES, scaled=np.float32(1 / 255), config={"augment": ALL})
    engines = [row.engine(), row.engine(debug=True)]
    losses = [engine.train("train", row.steps(0, 3), collect=False).losses for engine in engines]
    np.testing.assert_allclose(*losses, rtol=1e-4)


def test_grey_images_without_an_axis_of_channels_are_changed_alike():
    model, losses = [{"reshape": [8, 6, 1]}, *MODEL], []
    for shape in ((8, 6), (8, 6, 1)):
        config = {"augment": [{"random_crop": 2}, {"random_rotation": 20}, {"cutout": 3}, "mixup"]}
        row = Row("grey", model, shape=shape, scaled=np.float32(1 / 255), config=config)
        losses += [
            row.engine(debug=debug).train("train", row.steps(0, 3), collect=False).losses for debug in (False, True)
        ]
    np.testing.assert_array_equal(losses[0], losses[2])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    np.testing.assert_allclose(losses[0], losses[3], rtol=1e-4)


def test_only_training_is_augmented():
    row = Row("augmented", MODEL, shape=IMAGES, config={"augment": ALL})
    for training in (True, False):
        nodes = row.network(training=training).graph.nodes
        assert [node.op.yaml_name for node in nodes].count("gather_augmented") == training


MISFITS: list[tuple[Any, tuple[int, ...], str]] = [
    (
        [{"random_flip": "vertical"}],
        (7,),
        "augment: only images (height, width, channels) can be augmented; samples have shape [7]",
    ),
    (["mixup"], (8, 6), "augment: only images (height, width, channels) can be augmented; samples have shape [8, 6]"),
    ([{"random_crop": 8}], IMAGES, "augment[0]: padding by 8 can move all of an image of 8 × 8 out of view"),
    ([{"cutout": 9}], IMAGES, "augment[0]: a square of 9 does not fit images of 8 × 8"),
    (
        ["random_flip", {"color_jitter": {"saturation": 0.1}}],
        (8, 8, 1),
        "augment[1]: images of 1 channel have no saturation",
    ),
    (
        ["random_flip", "random_flip"],
        IMAGES,
        "augment[1]: 'random_flip' sets 'horizontal', as an earlier one does; combine the two",
    ),
    (
        [{"random_rotation": 5}, {"random_affine": {"rotate": 5}}],
        IMAGES,
        "augment[1]: 'random_affine' sets 'rotate', as an earlier one does",
    ),
]


@pytest.mark.parametrize(("augment", "shape", "line"), MISFITS)
def test_what_does_not_fit_is_one_line(augment: list[Any], shape: tuple[int, ...], line: str):
    with pytest.raises(InputError) as error:
        Row("", HEAD, shape=shape, config={"augment": augment}).network(training=True)
    assert str(error.value).startswith(line)
