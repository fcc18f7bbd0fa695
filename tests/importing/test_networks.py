"""Networks that the frameworks themselves have saved: the same outputs, and the same next ten training steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from tests.importing.frameworks import GOLDEN, outputs_of, probabilities, recorded, train

CONV = {"padding": 1, "bias": False}


def block(filters: int) -> list[Any]:
    convolution = {"conv2d": {"filters": filters, **CONV}}
    return [{"residual": [convolution, "batch_norm", "relu", convolution, "batch_norm"]}, "relu"]


def smaller(filters: int) -> list[Any]:
    convolution = {"filters": filters, **CONV}
    shortcut = {"conv2d": {"filters": filters, "kernel": 1, "stride": 2, "bias": False}}
    main = [{"conv2d": {**convolution, "stride": 2}}, "batch_norm", "relu", {"conv2d": convolution}, "batch_norm"]
    return [{"parallel": [[shortcut, "batch_norm"], main]}, "relu"]


#: the networks of tests/importing/recording/torch_networks.py, as a user would write them
TORCH_MODELS = {
    "resnet20": [
        {"conv2d": {"filters": 4, **CONV}}, "batch_norm", "relu", *block(4), *block(4), *block(4),
        *smaller(8), *block(8), *block(8), *smaller(16), *block(16), *block(16), "global_average_pool", {"dense": 10},
    ],
    "lstm": [{"lstm": {"units": 12, "layers": 2}}, {"dense": "classes"}],
    "flattened": [
        {"conv2d": {"filters": 5, "activation": "relu"}}, "max_pool2d", "flatten",
        {"dense": {"units": 7, "activation": "relu"}}, {"dense": "classes"},
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    file: str
    optimizer: dict[str, Any]
    more: list[str] = field(default_factory=list)

    @property
    def golden(self) -> str:
        return self.file.split("-")[0].split(".")[0]

    def __str__(self) -> str:
        return self.file


SGD = {"sgd": {"lr": 0.01, "momentum": 0.9}}
ADAM = {"adam": {"lr": 0.003}}
CASES = [
    *(Case(f"torch_{name}.safetensors", SGD) for name in TORCH_MODELS),
    *(Case(f"torch_{name}.onnx", SGD, ["--task", "classes"]) for name in TORCH_MODELS),
    Case("torch_lstm.dynamo.onnx", SGD, ["--task", "classes"]),
    *(Case(f"keras_{name}.keras", ADAM) for name in ("cnn", "residual", "recurrent")),
    Case("mxnet_mlp-symbol.json", {"sgd": {"lr": 0.05, "momentum": 0.9}}),
    Case("mxnet_cnn-0007.params", {"sgd": {"lr": 0.05, "momentum": 0.9}}, ["--shape", "2,6,8"]),
]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def torch_config(name: str, golden: dict[str, np.ndarray]) -> list[str]:
    """Options that name a config of the network, whose data are the samples."""
    np.savez("data.npz", x=golden["x"], y=golden["y"])
    axes = "channels_first" if golden["x"].ndim == 4 else "channels_last"
    config = {
        "compat": "torch",
        "data": {"npz": {"path": "data.npz", "axes": axes}, "scaling": "none", "split": {"validation": 0}},
        "model": TORCH_MODELS[name], "loss": "cross_entropy", "optimizer": SGD, "train": {"epochs": 1},
    }  # fmt: skip
    Path("torch.yaml").write_text(yaml.safe_dump(config))
    return ["--config", "torch.yaml"]


def expected(case: Case, scores: np.ndarray) -> np.ndarray:
    """What dltool gives for outputs of the framework: probabilities of both classes, where there are two."""
    if case.golden.startswith("torch"):
        return probabilities(scores)
    return np.hstack([1 - scores, scores]) if scores.shape[1] == 1 else scores


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_network_gives_the_same_outputs_and_trains_on_in_the_same_way(case: Case):
    golden = recorded(case.golden)
    state_dict = case.file.startswith("torch") and case.file.endswith("safetensors")
    more = torch_config(case.golden.removeprefix("torch_"), golden) if state_dict else case.more
    assert main(["import", str(GOLDEN / case.file), "-o", "imported", *more]) == 0
    np.testing.assert_allclose(
        outputs_of("imported", golden["x"]), expected(case, golden["outputs"]), rtol=0, atol=1e-5
    )
    losses, run = train("imported", golden, case.optimizer)
    np.testing.assert_allclose(losses, golden["losses"], rtol=1e-3)
    np.testing.assert_allclose(outputs_of(run, golden["x"]), expected(case, golden["after"]), rtol=0, atol=1e-3)
