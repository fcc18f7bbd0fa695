"""Class weights are PyTorch's under `compat: torch`: in batches, accumulated ones, smoothed, and over a part."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from dltool.cli.main import main

from .weighted import CASES, CLASSES, EPOCHS, GOLDEN, RATE, Case, data


@pytest.mark.parametrize("name", CASES)
def test_class_weights_are_pytorch_s(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    recorded = json.loads(GOLDEN.read_text())[name]
    _train(CASES[name])
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if line["kind"] == "step"]
    other = [line["validation"]["loss"] for line in lines if line["kind"] == "epoch"][-1]
    parameters = load_file("run/checkpoints/last.safetensors")
    np.testing.assert_allclose(losses, recorded["losses"], rtol=2e-5)
    np.testing.assert_allclose(other, recorded["other_loss"], rtol=2e-6)
    np.testing.assert_allclose(parameters["dense_1.weight"], recorded["weight"], atol=2e-6)
    np.testing.assert_allclose(parameters["dense_1.bias"], recorded["bias"], atol=2e-6)


def _train(case: Case) -> None:
    given = data()
    np.savez("train.npz", x=given["x"], y=given["y"])
    np.savez("other.npz", x=given["other_x"], y=given["other_y"])
    save_file({"dense_1.weight": given["weight"], "dense_1.bias": np.zeros(CLASSES, np.float32)}, "init.safetensors")
    config = {
        "compat": "torch",
        "data": {"npz": "train.npz", "validation": {"npz": "other.npz"}, "scaling": "none"},
        "model": [{"dense": "classes"}],
        "loss": {"cross_entropy": {"class_weights": list(case.weights), "label_smoothing": case.smoothing}},
        "optimizer": {"sgd": RATE},
        "train": {
            "epochs": EPOCHS,
            "batch_size": case.batch // case.accumulate,
            "accumulate": case.accumulate,
            "shuffle": False,
            "log_every": 1,
        },
    }
    Path("config.yaml").write_text(yaml.safe_dump(config))
    assert main(["train", "config.yaml", "--run-dir", "run", "--init-from", "init.safetensors", "--quiet"]) == 0
