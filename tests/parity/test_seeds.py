"""The three seed programs reproduce what their frameworks recorded: every loss, and the last accuracy exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from dltool.cli.commands.train import train

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Seed:
    config: str
    golden: str
    transposed: bool  # weights were recorded as (out, in)
    overrides: tuple[str, ...] = ()
    prefix: str = ""


SEEDS = {
    "keras": Seed("tensorflow", "keras_seed", transposed=False),
    "torch": Seed("pytorch", "torch_seed", transposed=True, prefix="batch_"),
    "torch, whole set": Seed(
        "pytorch", "torch_seed", transposed=True, overrides=("train.batch_size=1500",), prefix="full_"
    ),
    "mxnet": Seed("mxnet", "mxnet_seed", transposed=True),
}


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_a_seed_program_reproduces_its_recording(seed: Seed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    recorded = np.load(ROOT / "tests" / "golden" / f"{seed.golden}.npz")
    initial = tmp_path / "initial.safetensors"
    turn = np.transpose if seed.transposed else np.asarray
    save_file(
        {
            f"dense_{layer + 1}.{name}": np.ascontiguousarray(turn(recorded[f"{key}{layer}"]))
            for layer in (0, 1)
            for name, key in (("weight", "w"), ("bias", "b"))
        },
        initial,
    )
    train(
        Path(f"configs/seeds/{seed.config}.yaml"),
        overrides=list(seed.overrides),
        run_dir=tmp_path / "run",
        init_from=initial,
        quiet=True,
    )
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if line["kind"] == "step"]
    epochs = [line for line in lines if line["kind"] == "epoch"]
    np.testing.assert_allclose(losses, recorded[f"{seed.prefix}step_loss"], rtol=1e-4)
    accuracy = recorded[f"{seed.prefix}val_accuracy"][-1]
    assert round(epochs[-1]["validation"]["accuracy"] * 297) == round(float(accuracy) * 297)
    np.testing.assert_allclose(
        [epoch["validation"]["loss"] for epoch in epochs], recorded[f"{seed.prefix}val_loss"], rtol=2e-4
    )
