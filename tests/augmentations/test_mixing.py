"""Images mixed with others of their batch: shares and rectangles as published, both labels in the loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.augmentations.mixing import quantiles
from dltool.errors import InputError
from dltool.kernels.reference import find
from dltool.ops.op import StepRecord
from tests.contract.networks import HEAD, Row

HEIGHT, WIDTH, BATCH = 12, 10, 64
IMAGES = (8, 8, 3)
MODEL = [{"conv2d": {"filters": 4}}, "batch_norm", "relu", "flatten", *HEAD]
MIXINGS = [["mixup"], ["cutmix"], ["mixup", {"cutmix": 0.5}]]


def pairs(
    alpha: float, patches: float, *, epoch: int = 0, position: int = 0, rows: int = BATCH
) -> tuple[np.ndarray, ...]:
    step = StepRecord(step=0, epoch=epoch, position=position, rows=rows, scale=1.0)
    table, size = quantiles(alpha), {"height": HEIGHT, "width": WIDTH}
    return find("pair")(np.arange(rows), table, table, patches=patches, stream=1, key=7, step=step, **size)


def many(alpha: float, patches: float) -> tuple[np.ndarray, np.ndarray]:
    """Mixtures and shares of an epoch."""
    found = [pairs(alpha, patches, position=position) for position in range(0, 100 * BATCH, BATCH)]
    return np.concatenate([mixture for _, mixture, _ in found]), np.concatenate([share for *_, share in found])[:, 0]


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5, 1.0, 2.0, 4.0])
def test_quantiles_are_those_of_the_beta_distribution(alpha: float):
    drawn = np.sort(np.random.default_rng(0).beta(alpha, alpha, 200_000))
    levels = np.linspace(0, 1, len(quantiles(alpha)))
    np.testing.assert_allclose(quantiles(alpha)[1:-1], np.quantile(drawn, levels)[1:-1], atol=0.03)
    assert abs(quantiles(alpha) - np.quantile(drawn, levels)).mean() < 0.002


def test_every_image_meets_another_one():
    for rows in (2, 3, BATCH):
        others = [pairs(1.0, 0.0, position=position, rows=rows)[0] for position in range(0, 50 * rows, rows)]
        for other in others:
            assert sorted(other) == list(range(rows))
            assert (other != np.arange(rows)).all()
        assert len({tuple(other) for other in others}) > min(rows - 2, 20)
    np.testing.assert_array_equal(pairs(1.0, 0.0, rows=1)[0], [0])  # none other is there


def test_a_blend_has_a_share_of_each():
    mixture, share = many(0.4, 0.0)
    np.testing.assert_array_equal(mixture[:, 0], 1 - share)
    assert not mixture[:, 1:].any()
    assert abs(share.mean() - 0.5) < 0.02
    assert abs(share.var() - 1 / (4 * (2 * 0.4 + 1))) < 0.01


def test_a_patch_lies_within_the_image_and_its_area_is_the_other_share():
    mixture, share = many(1.0, 1.0)
    part, top, left, bottom, right = mixture.T
    assert not part.any()
    assert ((top >= 0) & (top <= bottom) & (bottom <= HEIGHT) & (left >= 0) & (left <= right) & (right <= WIDTH)).all()
    np.testing.assert_allclose(share, 1 - (bottom - top) * (right - left) / (HEIGHT * WIDTH))
    assert top.max() > HEIGHT - 4
    assert left.max() > WIDTH - 4


def test_chance_decides_between_the_two():
    mixture, _ = many(1.0, 0.5)
    assert abs((mixture[:, 0] > 0).mean() - 0.5) < 0.03


def test_epochs_and_places_have_shares_of_their_own():
    assert (pairs(1.0, 0.0)[2] != pairs(1.0, 0.0, epoch=1)[2]).all()
    np.testing.assert_array_equal(pairs(1.0, 0.0)[2][32:], pairs(1.0, 0.0, position=32)[2][:32])


def test_pixels_are_of_the_one_of_the_other_or_between():
    x, other = np.random.default_rng(0).normal(size=(2, 2, 4, 5, 3))
    y = find("mix")(x, other, np.array([[0.25, 0, 0, 0, 0], [0, 1, 2, 3, 5]]), width=5)
    np.testing.assert_allclose(y[0], 0.75 * x[0] + 0.25 * other[0])
    patched = np.zeros((4, 5, 1), bool)
    patched[1:3, 2:5] = True
    np.testing.assert_array_equal(y[1], np.where(patched, other[1], x[1]))


def test_the_loss_is_that_of_both_labels():
    logits = np.random.default_rng(0).normal(size=(3, 4))
    share = np.array([[1.0], [0.3], [0.0]])
    one, two = np.array([0, 1, 2]), np.array([3, 2, 1])
    losses = [find("cross_entropy")(logits, labels, smoothing=0.1, each_class=0)[0] for labels in (one, two)]
    mixed, _ = find("mixed_cross_entropy")(logits, one, two, share, smoothing=0.1, each_class=0)
    np.testing.assert_allclose(mixed, share[:, 0] * losses[0] + (1 - share[:, 0]) * losses[1])


@pytest.mark.parametrize("mixing", MIXINGS, ids=str)
@pytest.mark.parametrize(
    "weights", [{}, {"class_weights": {"c0": 3.0}, "label_smoothing": 0.1, "weigh": "classes"}], ids=str
)
def test_any_number_of_threads_and_the_reference_train_alike(mixing: list[Any], weights: dict[str, Any]):
    config = {"augment": [{"random_crop": 2}, "random_flip", *mixing], "loss": {"cross_entropy": weights}}
    row = Row("mixed", MODEL, shape=IMAGES, scaled=np.full(3, 0.01, np.float32), config=config)
    engines = [row.engine(threads=threads) for threads in (1, 2, 3)] + [row.engine(debug=True)]
    losses = [engine.train("train", row.steps(0, 3), collect=False).losses for engine in engines]
    assert losses[0].tobytes() == losses[1].tobytes() == losses[2].tobytes()
    np.testing.assert_allclose(losses[0], losses[3], rtol=1e-4)


def test_only_training_is_mixed():
    row = Row("mixed", MODEL, shape=IMAGES, config={"augment": ["mixup", "cutmix"]})
    names = [node.op.yaml_name for node in row.network(training=False).graph.nodes]
    assert not {"pair", "mix", "gather_augmented", "mixed_cross_entropy"} & set(names)


def test_one_that_comes_twice_is_one_line():
    with pytest.raises(InputError) as error:
        Row("", MODEL, shape=IMAGES, config={"augment": ["mixup", "random_flip", {"mixup": 0.5}]}).network(
            training=True
        )
    assert str(error.value) == "augment[2]: 'mixup' is already in the list"
