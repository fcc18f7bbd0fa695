"""Starting from a training for other data: what has a name is taken by name, and what differs is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.config.loading import load
from dltool.training.checkpoint import decode
from dltool.training.job import Job, open_job

from .tables import table

ROWS = 60
GENERATOR = np.random.default_rng(3)
CITIES, COLORS, CLASSES = ("Rome", "Oslo", "Bern"), ("red", "blue"), ("cat", "dog", "owl")
WORDS = ("soft", "loud", "grey", "tall", "warm")

OLD: dict[str, Any] = {
    "height": GENERATOR.normal(size=ROWS).round(3),
    "weight": (5 + 2 * GENERATOR.normal(size=ROWS)).round(3),
    "city": [CITIES[i % 7 % 3] for i in range(ROWS)],
    "colour": [COLORS[i % 5 % 2] for i in range(ROWS)],
    "words": [f"{WORDS[i % 5]} {WORDS[i % 3]}" for i in range(ROWS)],
    "kind": [CLASSES[i % 3] for i in range(ROWS)],
}
FEATURES = {
    "height": {"numeric": "none"},
    "weight": {"numeric": "none"},
    "city": {"category": {"width": 4}},
    "colour": "category",
    "words": {"text": {"width": 3, "length": 2}},
}
MODEL = [
    "batch_norm",
    {"parallel": {"merge": "concat", "branches": [[{"dense": {"units": 4, "activation": "tanh"}}], []]}},
    {"dense": "classes"},
]

#: the tensors that no class and no order of columns touches
ALL_EMBEDDED = {"features.city.weight", "features.words.weight"}


def more(columns: dict[str, Any]) -> dict[str, Any]:
    """Rows of OLD in front, then as many that turn the order of all vocabularies and classes."""
    extra = {
        "height": [0.5] * ROWS,
        "weight": [1.5] * ROWS,
        "city": ["Bern", "Nice"] * (ROWS // 2),
        "colour": ["blue", "green"] * (ROWS // 2),
        "words": ["round flat"] * ROWS,
        "kind": ["ant", "bee"] * (ROWS // 2),
    }
    return {name: [*column, *extra[name]] for name, column in columns.items()}


def write(name: str, columns: dict[str, Any], target: str = "kind", **changes: Any) -> str:
    table(f"{name}.csv", columns)
    config = {
        "data": {
            "table": {"path": f"{name}.csv", "target": target},
            "features": FEATURES,
            "split": {"validation": 0},
            **changes.pop("data", {}),
        },
        "model": MODEL,
        "loss": "cross_entropy",
        "optimizer": {"adam": {"lr": 0.1}},
        "train": {"epochs": 2, "shuffle": False},
        **changes,
    }
    Path(f"{name}.yaml").write_text(yaml.safe_dump(config))
    return f"{name}.yaml"


def train(name: str, columns: dict[str, Any], **changes: Any) -> None:
    assert main(["train", write(name, columns, **changes), "--run-dir", name, "--quiet"]) == 0


def started(name: str, columns: dict[str, Any], **changes: Any) -> Job:
    """A training that starts from the run "old"."""
    changes = {"init_from": {"checkpoint": "old"}, **changes}
    return open_job(load(write(name, columns, **changes)), [Path()])


def outputs(job: Job, columns: tuple[str, ...] = CLASSES) -> np.ndarray:
    """What the network gives for the first rows and some classes, before it trains."""
    found = job.engine.evaluate("train").outputs
    assert found is not None
    named = list(job.dataset.signature.classes or job.dataset.signature.targets)
    return found.reshape(len(found), -1)[:ROWS, [named.index(column) for column in columns]]


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A run on OLD in the working directory, as a job that holds its parameters."""
    monkeypatch.chdir(tmp_path)
    train("old", OLD)
    job = open_job(load("old.yaml"), [Path()])
    job.restore(decode(Path("old/checkpoints/best.safetensors")))
    return job


def test_another_order_of_columns_words_and_classes_gives_the_same_outputs(old: Job):
    turned = dict(reversed(more(OLD).items()))
    job = started("new", turned)
    assert job.dataset.signature.classes == ("ant", "bee", *CLASSES)
    np.testing.assert_allclose(outputs(job), outputs(old), rtol=1e-5, atol=1e-5)
    told = "\n".join(job.start.notes)
    assert "took 10 of the network's 10 tensors, 9 in part, from" in told
    assert "features.city.weight: taken by name for 4 of 5: (rare), Bern, Rome, Oslo; initial values for Nice" in told
    assert "features.words.weight: taken by name for 6 of 8" in told
    assert "dense_1.bias, dense_1.weight: taken by name for 3 of 5: cat, dog, owl; initial values for ant, bee" in told
    assert "prepared otherwise" not in told


@pytest.mark.parametrize(
    ("columns", "changes", "line"),
    [
        (
            {**OLD, "kind": ["ant", "bee", "elk"] * (ROWS // 3)},
            {},
            "dense_1.bias, dense_1.weight: kept initial values: (cat, dog, owl) there, (ant, bee, elk) here",
        ),
        (
            {"size": OLD["height"], **{name: OLD[name] for name in ("weight", "city", "colour", "words", "kind")}},
            {"data": {"features": {("size" if k == "height" else k): v for k, v in FEATURES.items()}}},
            "initial values for size; not used: height",
        ),
        (
            OLD,
            {"data": {"features": FEATURES | {"weight": "numeric"}}},
            "prepared differently than for the checkpoint: 'weight': offset 0 there, ",
        ),
        (
            {**OLD, "kind": ["ant", "bee", "elk"] * (ROWS // 3)},
            {"init_from": {"checkpoint": "old", "match": "positions"}},
            "dense_1.bias, dense_1.weight: taken by position, as init_from.match says: (cat, dog, owl) there, (ant,"
            " bee, elk) here",
        ),
    ],
    ids=["classes", "column", "scaling", "positions"],
)
def test_what_differs_is_told(old: Job, columns: dict[str, Any], changes: dict[str, Any], line: str):
    assert line in "\n".join(started("new", columns, **changes).start.notes)


def test_one_output_for_two_classes_is_taken_for_the_same_two_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    binary = {"model": [{"dense": 1}], "loss": "binary_cross_entropy"}
    of_two = {**OLD, "kind": ["no", "yes"] * (ROWS // 2)}
    train("old", of_two, **binary)
    assert {*started("new", of_two, **binary).start.taken} == {*ALL_EMBEDDED, "dense_1.weight", "dense_1.bias"}
    job = started("new", {**OLD, "kind": ["maybe", "no"] * (ROWS // 2)}, **binary)
    assert {*job.start.taken} == ALL_EMBEDDED
    assert "dense_1.bias, dense_1.weight: kept initial values: (yes, not no) there, (no, not maybe) here" in "".join(
        job.start.notes
    )


@pytest.mark.parametrize("layers", [[{"conv1d": {"filters": 3}}, "global_average_pool"], ["flatten", {"dense": 3}]])
def test_windows_are_matched_by_their_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layers: list[Any]):
    monkeypatch.chdir(tmp_path)
    table("series.csv", {"time": range(ROWS), "height": OLD["height"], "weight": OLD["weight"]})

    def config(columns: list[str], length: int) -> dict[str, Any]:
        windows = {"path": "series.csv", "target": "height", "columns": columns, "length": length}
        data = {"windows": windows, "split": {"validation": 0}, "scaling": "none"}
        return {"data": data, "model": [*layers, {"dense": "targets"}], "loss": "mse", "train": {"epochs": 1}}

    def opened(**changes: Any) -> Job:
        Path("new.yaml").write_text(yaml.safe_dump(changes | {"init_from": {"checkpoint": "old"}}))
        return open_job(load("new.yaml"), [Path()])

    Path("old.yaml").write_text(yaml.safe_dump(config(["height", "weight"], 6)))
    assert main(["train", "old.yaml", "--run-dir", "old", "--quiet"]) == 0
    same, turned = opened(**config(["height", "weight"], 6)), opened(**config(["weight", "height"], 6))
    np.testing.assert_allclose(outputs(turned, ("height",)), outputs(same, ("height",)), rtol=1e-5)
    longer = opened(**config(["height", "weight"], 8))
    assert ("dense_1.weight" in longer.start.taken) == ("flatten" not in layers)  # a flat layer is of one length
