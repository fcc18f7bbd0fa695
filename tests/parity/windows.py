"""Small networks with windows that are easily got wrong; tests/golden/windows.json has what PyTorch made of them.

`python -m tests.parity.windows` (with PyTorch) records them anew.
"""

from __future__ import annotations

from typing import Any

from dltool.config.experiment import Experiment
from dltool.config.loading import from_resolved

from .recorded import ROOT, record

GOLDEN = ROOT / "tests" / "golden" / "windows.json"
STEPS = 10
KEPT = ("weight", "bias")

IMAGE, SMALL, SERIES = (6, 5, 4), (3, 3, 4), (9, 4)
POOLED = {"conv2d": {"filters": 6, "padding": "same", "activation": "tanh"}}


def conv(**fields: Any) -> dict[str, Any]:
    return {"conv2d": {"filters": 6, "activation": "tanh", **fields}}


def conv1d(**fields: Any) -> dict[str, Any]:
    return {"conv1d": {"filters": 6, "activation": "tanh", **fields}}


def transposed(**fields: Any) -> dict[str, Any]:
    return {"conv2d_transpose": {"filters": 6, "activation": "tanh", **fields}}


#: layers after a first convolution and before flatten and dense, and the shape of a sample
NETWORKS: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "one tap, as many outputs, other pixels": ([conv(kernel=1, stride=2, padding=1)], SMALL),
    "one tap that sees zeros alone": ([conv(kernel=1, stride=3, padding=1)], (1, 1, 4)),
    "one tap along a narrow image": ([conv(kernel=1, stride=[1, 2], padding="same")], (5, 1, 4)),
    "one tap, dilated and padded": ([conv(kernel=1, padding=1, dilation=2)], SMALL),
    "larger than the image": ([conv(kernel=5, padding="same")], (2, 2, 16)),
    "larger than a line": ([conv(kernel=[1, 5], padding="same"), conv(kernel=[5, 1], padding="same")], (1, 2, 16)),
    "uneven padding": ([conv(kernel=4, stride=3, padding="same"), conv(kernel=2, padding="same")], IMAGE),
    "more stride than kernel": ([conv(kernel=2, stride=[3, 4])], (7, 9, 4)),
    "dilated and strided": ([conv(kernel=[2, 3], stride=[1, 2], dilation=[3, 2], padding=[2, 1])], IMAGE),
    "in groups": ([conv(groups=2, padding=1), conv(groups=3, filters=9, stride=2, padding="same")], IMAGE),
    "several filters for each channel": ([conv(groups=4, filters=12)], IMAGE),
    "a series in groups": ([conv1d(groups=2, dilation=2), conv1d(kernel=1, stride=2, padding=1, groups=3)], SERIES),
    "channel by channel": ([{"depthwise_conv2d": {"kernel": [3, 2], "stride": 2, "dilation": 2, "padding": 2}}], IMAGE),
    "transposed": ([transposed(kernel=[3, 2], stride=[2, 3], padding=1, dilation=[1, 2])], SMALL),
    "transposed to the same": ([transposed(kernel=2, stride=3, padding="same"), transposed(padding="same")], SMALL),
    "winograd": ([conv(filters=18, kernel=3, padding=1), conv(filters=16, kernel=5, padding=2)], (7, 6, 16)),
    "largest, overlapping": ([POOLED, {"max_pool2d": {"size": 3, "stride": 2, "padding": 1}}], IMAGE),
    "largest, uneven": ([POOLED, {"max_pool2d": {"size": [2, 3], "stride": [3, 2], "padding": "same"}}], IMAGE),
    "mean with padding": ([POOLED, {"average_pool2d": {"size": 3, "padding": 1}}], IMAGE),
    "mean without padding": ([{"average_pool2d": {"padding": 1, "include_padding": False}}, POOLED], IMAGE),
    "on a blank ground": ([{"zero_pad2d": [[3, 1], [0, 4]]}, conv(filters=16, activation="relu")], (4, 4, 16)),
    "rows left out": ([conv(filters=16, kernel=5, padding="same"), {"crop2d": [[0, 1], [1, 0]]}], (3, 3, 16)),
    "enlarged": ([{"upsample2d": {"factor": [2, 3], "interpolation": "bilinear"}}, {"crop2d": [1, 0]}], SMALL),
}


def experiment_of(name: str, threads: int = 1) -> Experiment:
    """The training of a network, with a layer before it that its data gradient reaches."""
    layers, shape = NETWORKS[name]
    first = {"dense": {"units": shape[-1], "activation": "tanh"}}
    return from_resolved({
        "compat": "torch",
        "data": {"synthetic": {"features": list(shape), "classes": 5, "rows": 48}},
        "model": [first, *layers, "flatten", {"dense": "classes"}],
        "loss": "cross_entropy",
        "optimizer": {"adam": 0.003},
        "train": {"batch_size": 13, "seed": 5, "shuffle": False, "threads": threads},
    })  # fmt: skip


if __name__ == "__main__":
    record(GOLDEN, {name: experiment_of(name) for name in NETWORKS}, steps=STEPS, kept=KEPT)
