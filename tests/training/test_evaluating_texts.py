"""Texts of similar length are evaluated together: by networks that read no further than they must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.data.samples.samples import Samples
from dltool.runtime import engine as engines
from dltool.runtime import evaluating
from dltool.runtime.engine import Engine
from dltool.training import evaluation, portions
from dltool.training.evaluation import evaluation_networks

from .runs import open_run
from .test_bucketing import READ, TEXTS, write_texts

MODELS: dict[str, list[Any]] = {
    "convolution": READ,
    "recurrent": [{"embedding": 4}, {"gru": {"units": 3, "bidirectional": True}}],
    "attention": [
        {"embedding": 4},
        "sinusoidal_positions",
        {"transformer_block": {"heads": 2}},
        "global_average_pool",
    ],
    "needs nine words": [{"embedding": 4}, {"conv1d": {"filters": 3, "kernel": 9}}, "global_max_pool"],
}


@pytest.fixture(autouse=True)
def _small_texts_are_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "LEAST_FLOPS", 0)
    write_texts(tmp_path)


def opened(folder: Path, layers: list[Any], **data: Any) -> Any:
    job, _ = open_run(folder, {**TEXTS, "data": {**TEXTS["data"], **data}, "model": [*layers, {"dense": "classes"}]})
    return job


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_the_outputs_are_those_of_the_whole_network(layers: list[Any], tmp_path: Path):
    job = opened(tmp_path, layers)
    networks = evaluation_networks(job.experiment, job.dataset.signature)
    assert len(networks) == (4 if layers is MODELS["needs nine words"] else 5)
    part = job.dataset.parts["train"]
    used = [number for number, _ in evaluating.by_length(networks, part)]
    assert len(used) > 2
    found, expected = (
        Engine([], which, {"train": part}, seed=5).evaluate("train") for which in (networks, networks[-1:])
    )
    np.testing.assert_allclose(found.outputs, expected.outputs, rtol=1e-5, atol=1e-6)
    assert found.loss == pytest.approx(expected.loss, rel=1e-6)
    assert found.weights.sum() == len(part)


def test_an_output_does_not_depend_on_other_rows(tmp_path: Path):
    job = opened(tmp_path, READ)
    part = job.dataset.parts["train"]
    together = job.engine.evaluate("train").outputs
    for row in (0, 1, 17, len(part) - 1):
        job.engine.attach("one", part.rows(row, row + 1))
        np.testing.assert_array_equal(job.engine.evaluate("one").outputs, together[row : row + 1])


def test_a_part_on_disk_gives_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for module in (engines, evaluating):
        monkeypatch.setattr(module, "POOL_ROWS", 16)
    monkeypatch.setattr(portions, "PORTION_BYTES", 1)
    in_memory, on_disk = (opened(tmp_path, READ, **data) for data in ({}, {"memory": "1kB"}))
    assert isinstance(in_memory.dataset.parts["train"], Samples)
    assert not isinstance(on_disk.dataset.parts["train"], Samples)
    assert in_memory.evaluate("train").result() == on_disk.evaluate("train").result()


def test_parts_without_rows_and_without_shorter_texts(tmp_path: Path):
    job = opened(tmp_path, READ)
    part = job.dataset.parts["train"]
    longest = part.taken(np.flatnonzero((part.codes >= 0).all(axis=1)))
    for samples in (part.rows(0, 0), longest):
        job.engine.attach("some", samples)
        assert job.engine.evaluate("some").outputs.shape == (len(samples), 2)


@pytest.mark.parametrize("layers", [["flatten"], ["position_embedding", "global_max_pool"]])
def test_one_network_where_parameters_have_the_shape_of_the_longest_text(layers: list[Any], tmp_path: Path):
    job = opened(tmp_path, [{"embedding": 3}, *layers])
    assert len(evaluation_networks(job.experiment, job.dataset.signature)) == 1
