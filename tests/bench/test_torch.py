"""The PyTorch side computes what dltool does: the losses of 20 steps agree, from the same parameters and batches."""

from __future__ import annotations

from itertools import cycle, islice

import numpy as np
import pytest

from dltool.bench.exchange import write_exchange
from dltool.bench.process import PYTORCH, Process, Start
from dltool.bench.step_plans import StepPlans
from dltool.config.loading import load
from dltool.errors import InputError
from dltool.training.job import open_job
from tests.parity.recorded import RUNS, experiment_of, run_dltool, run_torch

from .configs import BINARY, COLUMNS, NUMBERS, write_config

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

UPDATES = 20

DENSE = {"dense": {"units": 16}}
OUTPUT = {"dense": "classes"}


def hidden(activation):
    return [{"dense": {"units": 16, "activation": activation}}, OUTPUT]


ALIKE = {
    "adam": {},
    "compat torch": {"compat": "torch"},
    "compat keras": {"compat": "keras"},
    "compat mxnet": {"compat": "mxnet", "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}}},
    "softmax is left to the loss": {"model": [DENSE, {"dense": {"units": "classes", "activation": "softmax"}}]},
    "softmax twice": {"compat": "torch", "model": [DENSE, OUTPUT, "softmax"]},
    "batch_norm": {"model": [DENSE, "batch_norm", "relu", OUTPUT], "train": {"last_batch": "drop"}},
    "batch_norm without gain": {"model": [DENSE, {"batch_norm": {"gain": False}}, OUTPUT]},
    "batch_norm of rows": {"model": [{"reshape": [2, 4]}, "batch_norm", "flatten", OUTPUT]},
    "layer_norm": {"model": [DENSE, "layer_norm", "gelu", OUTPUT]},
    "residual": {
        "model": [DENSE, {"residual": ["layer_norm", {"dense": {"units": 16, "activation": "silu"}}]}, OUTPUT]
    },
    "parallel add": {"model": [{"parallel": {"branches": [[DENSE], [DENSE, "tanh"]]}}, OUTPUT]},
    "parallel concat": {"model": [{"parallel": {"branches": [[], [DENSE, "relu"]], "merge": "concat"}}, OUTPUT]},
    "repeat": {"model": [{"repeat": {"times": 2, "layers": [DENSE, "relu"]}}, {"sequential": [DENSE]}, OUTPUT]},
    "named": {"model": [{"dense": {"units": 16, "name": "train"}}, OUTPUT]},
    "elu": {"model": hidden({"elu": 0.5})},
    "leaky_relu": {"model": hidden("leaky_relu")},
    "selu": {"model": hidden("selu")},
    "gelu_tanh": {"model": hidden("gelu_tanh")},
    "sigmoid": {"model": hidden("sigmoid")},
    "softplus": {"model": hidden("softplus")},
    "linear": {"model": hidden("linear")},
    "dropout of nothing": {"model": [DENSE, {"dropout": 0.0}, OUTPUT]},
    "smoothing": {"loss": {"cross_entropy": {"label_smoothing": 0.1}}},
    "smoothing over others": {
        "compat": "mxnet",
        "optimizer": {"sgd": 0.5},
        "loss": {"cross_entropy": {"label_smoothing": 0.1}},
    },
    "class weights": {"loss": {"cross_entropy": {"class_weights": [1, 2, 3]}}},
    "class weights over their sum": {"compat": "torch", "loss": {"cross_entropy": {"class_weights": [1, 2, 3]}}},
    "class weights, smoothed": {
        "compat": "torch",
        "loss": {"cross_entropy": {"class_weights": [1, 2, 3], "label_smoothing": 0.1}},
    },
    "binary_cross_entropy": {
        "data": BINARY,
        "model": [{"dense": {"units": 1, "activation": "sigmoid"}}],
        "loss": "binary_cross_entropy",
    },
    "focal": {"loss": {"focal": {"class_weights": [1, 2, 3]}}},
    "focal after softmax": {"model": [DENSE, OUTPUT, "softmax"], "loss": "focal"},
    "ordinal": {"loss": {"ordinal": {"class_weights": [1, 2, 3]}}},
    "quantile": {"data": NUMBERS, "model": [{"dense": "targets"}], "loss": {"quantile": [0.2, 0.6]}},
    "categories": {"data": COLUMNS},
    "categories of a large batch": {"data": COLUMNS, "train": {"batch_size": 50}},
    "mse": {"data": NUMBERS, "model": [DENSE, {"dense": "targets"}], "loss": "mse"},
    "mae": {"data": NUMBERS, "model": [{"dense": "targets"}], "loss": "mae"},
    "huber": {"data": NUMBERS, "model": [{"dense": "targets"}], "loss": {"huber": 0.5}},
    "sgd": {"optimizer": {"sgd": 0.1}},
    "momentum": {"optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9}}},
    "nesterov": {"optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": True}}},
    "adamw": {"optimizer": {"adamw": {"weight_decay": 0.1}}},
    "decayed matrices": {"compat": "torch", "optimizer": {"adam": {"weight_decay": 0.1, "decay_biases": False}}},
    "rmsprop": {"compat": "torch", "optimizer": "rmsprop"},
    "adagrad": {"compat": "torch", "optimizer": "adagrad"},
    "schedule": {"schedule": {"cosine": {"warmup_epochs": 1}}, "train": {"epochs": 4}},
    "accumulated": {"train": {"batch_size": 7, "accumulate": 3}},
    "padded": {"train": {"last_batch": "pad"}},
    "clipped by norm": {"compat": "torch", "optimizer": {"sgd": 0.5}, "train": {"clip": {"norm": 0.1}}},
    "clipped by value": {"optimizer": {"sgd": 0.5}, "train": {"clip": {"value": 0.01}}},
    "averaged": {"train": {"ema_decay": 0.9}},
}


IMAGES = {"synthetic": {"features": [6, 7, 3], "classes": 3, "rows": 50}, "split": {"validation": 0.0}}
SERIES = {"synthetic": {"features": [19, 2], "classes": 3, "rows": 50}, "split": {"validation": 0.0}}


def conv(filters, **fields):
    return {"conv2d": {"filters": filters, **fields}}


# layers between the input and the last dense one
OVER_IMAGES = {
    "one convolution": [conv(5, activation="relu")],
    "padding, stride, dilation": [
        conv(4, kernel=4, padding="same", activation="tanh"),
        conv(5, kernel=[3, 2], stride=2, padding="same", bias=False),
        conv(4, kernel=[3, 1], padding=1, dilation=[1, 2]),
    ],
    "no more padding than a window reaches": [conv(4, kernel=3, stride=2, padding=1)],
    "groups": [conv(6, groups=3, padding=1), conv(6, groups=6, padding="same"), conv(8, groups=2, kernel=1)],
    "depthwise": [
        {"depthwise_conv2d": {"kernel": 3, "stride": 2, "padding": 1, "activation": "relu"}},
        conv(5, kernel=1),
    ],
    "transposed": [
        {"conv2d_transpose": {"filters": 4, "kernel": 3, "stride": 2, "activation": "relu"}},
        {"conv2d_transpose": {"filters": 3, "kernel": [2, 4], "stride": [3, 1], "padding": "same"}},
        {"conv2d_transpose": {"filters": 2, "kernel": 3, "padding": 1, "dilation": 2}},
    ],
    "pools": [
        {"max_pool2d": {"size": 3, "stride": 2, "padding": 1}},
        {"average_pool2d": {"size": 2, "stride": 1, "padding": 1}},
        {"max_pool2d": {"size": 2, "stride": 1, "padding": "same"}},
        {"average_pool2d": {"size": [3, 2], "stride": 1, "padding": "same", "include_padding": True}},
    ],
    "global_average_pool": [conv(5), "global_average_pool"],
    "global_max_pool": [conv(5), "global_max_pool"],
    "batch_norm first": ["batch_norm", conv(5), "batch_norm", "relu"],
    "group_norm": [conv(6), {"group_norm": 3}, "relu", "layer_norm"],
    "resampling": ["upsample2d", {"crop2d": [[1, 2], [0, 3]]}, {"zero_pad2d": [1, 0]}, conv(3)],
    "bilinear": [{"upsample2d": {"factor": [2, 3], "interpolation": "bilinear"}}, conv(3, stride=2)],
    "softmax over channels": [conv(5, activation="softmax"), "softmax"],
    "flat, then normalized": [conv(5), "flatten", "batch_norm", "relu"],
    "flat, then dropped": [conv(5), "flatten", "relu", {"dropout": 0.0}],
    "flat in a branch": [{"parallel": [[conv(5), "flatten"], ["flatten", {"dense": 100}]]}],
    "channels in front in one branch": [
        {"parallel": {"branches": [[], [conv(3, padding=1), "relu"]], "merge": "concat"}},
        {"residual": [conv(6, padding=1)]},
        {"residual": ["layer_norm"]},
    ],
}
OVER_SERIES = {
    "convolutions of series": [
        {"conv1d": {"filters": 5, "kernel": 4, "padding": "same"}},
        "batch_norm",
        {"conv1d": {"filters": 4, "stride": 2, "dilation": 2, "padding": 1, "activation": "relu"}},
        {"depthwise_conv1d": {"kernel": 3}},
        {"conv1d_transpose": {"filters": 3, "kernel": 4, "stride": 2, "padding": "same"}},
    ],
    "pools of series": [
        {"max_pool1d": {"size": 3, "stride": 2, "padding": "same"}},
        {"average_pool1d": 2},
        {"upsample1d": {"factor": 2, "interpolation": "linear"}},
        {"crop1d": 1},
        {"zero_pad1d": [0, 2]},
        "global_average_pool",
    ],
}
LAID_OUT = {
    **{name: (IMAGES, layers) for name, layers in OVER_IMAGES.items()},
    **{name: (SERIES, layers) for name, layers in OVER_SERIES.items()},
}


def losses_of_both(folder, changes, *, tuned=False):
    from dltool.bench.pytorch.recipe import read_recipe
    from dltool.bench.pytorch.worker import Training

    train = {"shuffle": False, **changes.get("train", {})}
    experiment = load(write_config(folder, {**changes, "train": train}))
    write_exchange(experiment, [folder], folder)
    recipe = read_recipe(folder)
    training = Training(recipe, tuned=tuned)
    theirs = [training.step(update).item() for update in islice(cycle(recipe.updates), UPDATES)]
    job = open_job(experiment, [folder])
    plan = StepPlans(job).plan(0, UPDATES)
    shares = job.engine.train("train", plan, collect=False).losses
    return np.add.reduceat(shares, np.flatnonzero(plan.first)), theirs


@pytest.mark.parametrize("changes", ALIKE.values(), ids=ALIKE.keys())
def test_losses_agree(tmp_path, changes):
    ours, theirs = losses_of_both(tmp_path, changes)
    assert ours[0] != pytest.approx(ours[-1], rel=1e-4)
    np.testing.assert_allclose(ours, theirs, rtol=2e-4)


@pytest.mark.parametrize("tuned", [False, True], ids=["plain", "tuned"])
@pytest.mark.parametrize(("data", "layers"), LAID_OUT.values(), ids=LAID_OUT)
def test_losses_agree_over_images_and_series(tmp_path, data, layers, tuned):
    changes = {"data": data, "model": [*layers, "flatten", OUTPUT], "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9}}}
    ours, theirs = losses_of_both(tmp_path, changes, tuned=tuned)
    assert ours[0] != pytest.approx(ours[-1], rel=1e-4)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3)


@pytest.mark.parametrize("name", RUNS)
def test_image_networks_agree_in_losses_and_running_statistics(name):
    ours, theirs = run_dltool(experiment_of(name)), run_torch(experiment_of(name))
    assert theirs.losses[0] > theirs.losses[-1]
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-3)
    assert ours.statistics.keys() == theirs.statistics.keys()
    for statistic, (mean, size) in theirs.statistics.items():
        np.testing.assert_allclose(ours.statistics[statistic], (mean, size), atol=1e-3 * size, err_msg=statistic)


def test_losses_agree_on_bytes(tmp_path):
    generator = np.random.default_rng(0)
    np.savez(tmp_path / "images.npz", x=generator.integers(0, 256, (50, 4, 3), np.uint8), y=np.arange(50) % 3)
    data = {"npz": "images.npz", "split": {"validation": 0.0}}
    ours, theirs = losses_of_both(tmp_path, {"data": data, "model": ["flatten", DENSE, OUTPUT]})
    np.testing.assert_allclose(ours, theirs, rtol=2e-4)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
def test_tuned_form_agrees(tmp_path, optimizer):
    ours, theirs = losses_of_both(tmp_path, {"compat": "torch", "optimizer": {optimizer: 0.01}}, tuned=True)
    np.testing.assert_allclose(ours, theirs, rtol=2e-4)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"optimizer": "lion"}, "optimizer: PyTorch has no optimizer 'lion'"),
        (
            {"optimizer": {"sgd": {"weight_decay": 0.1}}},
            "optimizer.sgd: PyTorch's sgd has no decoupled weight decay; set decoupled: false to compare",
        ),
        (
            {"loss": {"cross_entropy": {"class_weights": [1, 2, 3], "label_smoothing": 0.1}}},
            "loss.cross_entropy: with class_weights, PyTorch's label smoothing weights the term of each class; set "
            "weigh: classes",
        ),
        (
            {"model": [{"residual": ["batch_norm"]}, OUTPUT], "train": {"batch_size": 1}},
            "train.batch_size: PyTorch's batch norm does not support a batch of one sample; choose another "
            "train.batch_size to compare",
        ),
    ],
)
def test_what_pytorch_lacks_is_refused(tmp_path, changes, line):
    with pytest.raises(InputError) as caught:
        losses_of_both(tmp_path, changes)
    assert str(caught.value) == line


@pytest.mark.parametrize("form", ["plain", "medium", "autocast"])
def test_a_process_trains_in_pytorch(tmp_path, form):
    write_exchange(load(write_config(tmp_path)), [tmp_path], tmp_path)
    with Process(Start(PYTORCH, {"folder": str(tmp_path), "threads": 1, "form": form})) as process:
        facts, seconds = process.open()
        assert facts == {"version": torch.__version__}
        assert seconds > 0
        measured = process.ask("measure", seconds=0.01)
        assert measured["updates"] / 3 * 50 == pytest.approx(measured["samples"], abs=20)
        assert process.ask("memory")["peak_bytes"] > 2**20
