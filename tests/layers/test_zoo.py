"""The image networks in configs/ can be built for the data that they name, with the parameters they ought to have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dltool.config.loading import load
from dltool.data.samples.signature import Signature
from dltool.program.building import build_network
from dltool.program.summary import summarize

CONFIGS = Path(__file__).parents[2] / "configs"
GREY, COLOUR, SERIES = (28, 28), (32, 32, 3), (150, 1)

# config, a sample, classes, parameters
ZOO = [
    ("mnist_lenet5", GREY, 10, 61_706),
    ("mnist_cnn", GREY, 10, 225_034),
    ("fashion_cnn", GREY, 10, 1_199_882),
    ("cifar10_resnet20", COLOUR, 10, 272_474),
    ("cifar10_resnet32", COLOUR, 10, 466_906),
    ("cifar10_resnet56", COLOUR, 10, 855_770),
    ("cifar10_vgg", COLOUR, 10, 2_197_706),
    ("cifar10_mobilenet", COLOUR, 10, 543_050),
    ("cifar10_all_convolutional", COLOUR, 10, 1_369_738),
    ("gunpoint_fcn", SERIES, 2, 264_450),
]


@pytest.mark.parametrize(("name", "shape", "classes", "parameters"), ZOO, ids=[row[0] for row in ZOO])
def test_a_network_of_the_zoo(name: str, shape: tuple[int, ...], classes: int, parameters: int):
    experiment = load(CONFIGS / f"{name}.yaml")
    one = np.float32(1)
    dtype, scale = ("float32", None) if shape == SERIES else ("uint8", one)
    names = tuple(f"c{label}" for label in range(classes))
    signature = Signature(shape, dtype, scale, scale, names, (), {"train": 256}, "classes")
    network = build_network(experiment, signature, training=True, rows=8)
    assert summarize(network).parameter_count == parameters
    assert network.warnings == []


def test_every_config_says_how_to_run_it():
    for path in CONFIGS.glob("*.yaml"):
        assert f"dltool train configs/{path.name}" in path.read_text(), path.name
