"""What is predicted for words that training has never seen, where it learned nothing for rare ones."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main

from .tables import table

WORDS = [f"w{i}" for i in range(6)]
NETWORKS: dict[str, list[Any]] = {
    "projected": [{"dense": {"units": 16, "activation": "relu"}}, {"dense": 1}],
    "normalized": ["layer_norm", {"dense": {"units": 16, "activation": "relu"}}, {"dense": 1}],
    "linear": [{"dense": 1}],
}


def chances(capsys, words: list[str], seed: int, encoding: str, model: list[Any]) -> list[float]:
    """The probability of `yes` for one row of each word, by a network trained on rarer and rarer words."""
    known = [word for i, word in enumerate(WORDS) for _ in range(80 >> i)]
    answers = ["yes" if row % 6 < i else "no" for row, i in enumerate(map(WORDS.index, known))]
    table("words.csv", {"word": known, "y": answers})
    table("new.csv", {"word": words})
    config = {
        "data": {
            "table": {"path": "words.csv", "target": "y"},
            "features": {"word": {"category": encoding}},
            "split": {"validation": 0},
        },
        "model": model,
        "loss": "binary_cross_entropy",
        "optimizer": {"adam": {"lr": 0.02}},
        "train": {"epochs": 60, "batch_size": 16, "seed": seed},
    }
    Path(f"seed{seed}.yaml").write_text(yaml.safe_dump(config))
    assert main(["train", f"seed{seed}.yaml", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["predict", f"runs/seed{seed}", "new.csv", "--keep", "word"]) == 0
    return [float(row["probability_yes"]) for row in csv.DictReader(io.StringIO(capsys.readouterr().out))]


def logit(chance: Any) -> Any:
    return np.log(chance) - np.log1p(-np.asarray(chance))


@pytest.mark.parametrize("encoding", ["one_hot", "embedding"])
@pytest.mark.parametrize("name", NETWORKS)
def test_an_unseen_word_is_taken_for_the_mean_of_those_known(tmp_path, monkeypatch, capsys, encoding, name):
    monkeypatch.chdir(tmp_path)
    unseen = []
    for seed in range(3):
        *known, new, empty = chances(capsys, [*WORDS, "new", ""], seed, encoding, NETWORKS[name])
        assert min(known) < new < max(known)
        assert new == empty
        if name == "linear":
            expected = np.average(logit(known), weights=[80 >> i for i in range(len(WORDS))])
            assert logit(new) == pytest.approx(expected, abs=1e-4)
        unseen.append(new)
    assert max(unseen) - min(unseen) < 0.1, unseen
