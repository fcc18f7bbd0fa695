"""Twenty steps of networks for sequences; tests/golden/sequences.json has what PyTorch made of them.

`python -m tests.parity.sequences` (with PyTorch) records them anew. Texts of unequal length go through PyTorch's packed
sequences, in a training that is written out here; the others are what `dltool bench` compares with.
"""

from __future__ import annotations

import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from dltool.bench.exchange import write_exchange
from dltool.config.experiment import Experiment
from dltool.config.loading import from_resolved

from .recorded import ROOT, STEPS, Run, run_torch, write_runs

GOLDEN = ROOT / "tests" / "golden" / "sequences.json"
#: the network for texts of unequal length; how many texts, and the words of the longest
PADDED, TEXTS, LONGEST = "gru on padded texts", 48, 9

NETWORKS: dict[str, dict[str, Any]] = {
    "lstm": {
        "data": {"synthetic": {"features": [12, 7], "classes": 5, "rows": 48}},
        "model": [{"lstm": 18}, {"dense": "classes"}],
        "optimizer": {"adam": 0.01},
    },
    PADDED: {
        "model": [
            {"embedding": 7},
            {"gru": {"units": 9, "layers": 2, "bidirectional": True}},
            {"dense": "classes"},
        ],
        "optimizer": {"adam": 0.01},
    },
    "transformer": {
        "data": {"synthetic": {"tokens": 11, "block": 17, "rows": 48}},
        "model": [
            {"embedding": {"width": 20, "initializer": {"normal": 0.02}}},
            "position_embedding",
            {"repeat": {"times": 2, "layers": [{"transformer_block": {"heads": 2, "causal": True}}]}},
            "layer_norm",
            {"dense": "classes"},
        ],
        "optimizer": {"adamw": {"lr": 0.01, "beta2": 0.99, "weight_decay": 0.1, "decay_biases": False}},
        "train": {"clip": {"norm": 1.0}},
    },
}


def experiment_of(name: str, folder: Path, threads: int = 1) -> Experiment:
    """The training of a network; texts are written to a folder."""
    network = NETWORKS[name]
    data = {**(network.get("data") or _texts(folder / "texts.csv")), "split": {"validation": 0}}
    train = {"batch_size": 12, "seed": 5, "shuffle": False, "threads": threads, **network.get("train", {})}
    return from_resolved({"compat": "torch", "loss": "cross_entropy", **network, "data": data, "train": train})


def _texts(path: Path) -> dict[str, Any]:
    """Writes texts of 1 to LONGEST words from w0 to w9, each with one of three classes."""
    generator = np.random.default_rng(3)
    lines = ["text,class"]
    for row in range(TEXTS):
        words = generator.integers(10, size=1 + 5 * row % LONGEST)
        lines.append(f"{' '.join(f'w{word}' for word in words)},{'abc'[generator.integers(3)]}")
    path.write_text("\n".join(lines))
    features = {"text": {"tokens": {"length": LONGEST, "min_count": 1}}}
    return {"table": {"path": str(path), "target": "class"}, "features": features}


def run_torch_on_padded(experiment: Experiment) -> Run:
    """The run on texts in PyTorch."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]

    from dltool.bench.pytorch.recipe import read_recipe

    with tempfile.TemporaryDirectory() as folder:
        write_exchange(experiment, [ROOT], Path(folder))
        recipe = read_recipe(Path(folder))
    arrays = {name: torch.from_numpy(array) for name, array in recipe.arrays.items()}
    size, width = arrays["embedding_1.weight"].shape
    embedding = nn.Embedding(size + 1, width, padding_idx=size)
    gru = nn.GRU(width, 9, num_layers=2, bidirectional=True, batch_first=True)
    dense = nn.Linear(18, 3)
    parameters = {"dense_1.weight": dense.weight, "dense_1.bias": dense.bias}
    names = {"weight": "weight_ih", "recurrent_weight": "weight_hh", "bias": "bias_ih", "recurrent_bias": "bias_hh"}
    for layer in (1, 2):
        for direction, ending in (("forward", ""), ("backward", "_reverse")):
            for name, theirs in names.items():
                parameter = getattr(gru, f"{theirs}_l{layer - 1}{ending}")
                parameters[f"gru_1.layer_{layer}.{direction}.{name}"] = parameter
    with torch.no_grad():
        embedding.weight[:size] = arrays["embedding_1.weight"]
        for name, parameter in parameters.items():
            parameter.copy_(arrays[name].T if arrays[name].dim() == 2 else arrays[name])
    optimizer = torch.optim.Adam([embedding.weight, *parameters.values()], lr=0.01)
    losses = []
    for update in islice(cycle(recipe.updates), STEPS):
        ((codes, target, _),) = update.batches
        embedded = embedding(torch.where(codes < 0, size, codes))
        packed = nn.utils.rnn.pack_padded_sequence(embedded, (codes >= 0).sum(1), True, enforce_sorted=False)
        _, states = gru(packed)
        loss = nn.functional.cross_entropy(dense(torch.cat([states[-2], states[-1]], dim=1)), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return Run(losses, {})


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        experiments = {name: experiment_of(name, Path(scratch)) for name in NETWORKS}
        runs = {name: run_torch(experiments[name], kept=()) for name in NETWORKS if name != PADDED}
        write_runs(GOLDEN, experiments, runs | {PADDED: run_torch_on_padded(experiments[PADDED])})
