"""Texts of similar length train together: in programs for a few lengths that share their parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.data.samples.samples import Samples
from dltool.program.building import build_network
from dltool.runtime.buckets import BucketOrder
from dltool.runtime.engine import Engine
from dltool.runtime.order import EpochOrder
from dltool.training import bucketing, pace
from dltool.training.checkpoint import decode
from dltool.training.continuing import continued
from dltool.training.job import Job, open_job

from .runs import assert_equal_runs, lines, open_run, train

WORDS = ["we", "read", "some", "old", "and", "new", "books", "by", "day", "or", "by", "night"]
READ: list[Any] = [
    {"embedding": 4},
    {"conv1d": {"filters": 5, "kernel": 3, "padding": "same", "activation": "relu"}},
    {"dropout": 0.2},
    {"parallel": {"branches": [["global_average_pool"], ["global_max_pool"]], "merge": "concat"}},
]
TURNED = {"multi_head_attention": {"heads": 2, "rotary": True}}
TEXTS: dict[str, Any] = {
    "data": {
        "text": "texts.txt",
        "features": {"text": {"tokens": {"min_count": 1, "length": 40}}},
        "split": {"validation": 0.2},
    },
    "model": [*READ, {"dense": "classes"}],
    "train": {"epochs": 3, "batch_size": 4},
}


@pytest.fixture(autouse=True)
def _small_steps_are_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucketing, "LEAST_FLOPS", 0)
    write_texts(tmp_path)


def write_texts(folder: Path, rows: int = 110, longest: int = 40) -> None:
    """Most texts are short; the label says whether a text is long."""
    generator = np.random.default_rng(0)
    lengths = np.minimum(longest, 1 + generator.geometric(0.15, rows))
    lengths[0] = longest
    made = (" ".join(generator.choice(WORDS, length)) for length in lengths)
    labels = ("ab"[int(length > 5)] for length in lengths)
    folder.joinpath("texts.txt").write_text("".join(f"{y}\t{text}\n" for y, text in zip(labels, made, strict=True)))


def spans(job: Job, epoch: int) -> list[Any]:
    found, position = [], 0
    while position < job.batching.epoch_samples:
        found.append(job.feed.span(epoch, position, lambda: False))
        position = found[-1].stop
    return found


def test_each_update_runs_in_the_shortest_program_that_holds_it(tmp_path: Path):
    job, _ = open_run(tmp_path, TEXTS)
    part = job.dataset.parts["train"]
    assert isinstance(part, Samples)
    lengths = (part.codes >= 0).sum(axis=1)
    widths = [*np.quantile(lengths, bucketing.QUANTILES, method="higher").tolist(), 40]
    orders = []
    for epoch in range(2):
        read = 0
        (span,) = spans(job, epoch)
        samples = span.samples
        for first, network in zip(range(0, span.stop, 4), span.networks, strict=True):
            texts = samples.codes[first : first + 4]
            longest = (texts >= 0).sum(axis=1).max()
            assert widths[network] == min(one for one in widths if one >= longest)
            read += widths[network] * len(texts)
        rows = {tuple(row) for row in np.concatenate([samples.codes, samples.targets[:, None]], axis=1).tolist()}
        assert len(samples) == len(part)
        assert rows == {tuple(row) for row in np.concatenate([part.codes, part.targets[:, None]], axis=1).tolist()}
        orders.append(samples.codes.tolist())
        assert 1 - lengths.sum() / read < 0.45 < 1 - lengths.mean() / 40
    assert orders[0] != orders[1]


@pytest.mark.parametrize("last_batch", ["keep", "drop", "pad"])
def test_an_epoch_holds_the_rows_that_it_should(last_batch: str, tmp_path: Path):
    job, run = open_run(tmp_path, {**TEXTS, "train": {**TEXTS["train"], "batch_size": 7, "last_batch": last_batch}})
    assert job.batching.epoch_samples == {"keep": 88, "drop": 84, "pad": 91}[last_batch]
    assert spans(job, 0)[-1].stop == job.batching.epoch_samples
    assert len(spans(job, 0)[-1].samples) == job.batching.epoch_samples
    train(job, run)


def test_the_order_follows_from_key_epoch_and_lengths():
    lengths = np.random.default_rng(1).integers(1, 50, 1000)
    made = [
        BucketOrder(EpochOrder(1000, shuffle=True, key=key), lengths, (10, 50), update=8, samples=1000, key=key).epoch(
            epoch
        )
        for key, epoch in ((3, 0), (3, 0), (3, 1), (4, 0))
    ]
    assert (made[0][0] == made[1][0]).all()
    assert not (made[0][0] == made[2][0]).all()
    assert not (made[0][0] == made[3][0]).all()
    for rows, _ in made:
        assert sorted(rows.tolist()) == list(range(1000))
    firsts = lengths[made[0][0]].reshape(-1, 8).min(axis=1)  # updates come in no order of their lengths
    assert abs(np.corrcoef(np.arange(125), firsts)[0, 1]) < 0.3


def test_threads_make_no_difference(tmp_path: Path):
    (one, first), (other, second) = (
        open_run(tmp_path, {**TEXTS, "train": {**TEXTS["train"], "threads": threads}}) for threads in (1, 3)
    )
    train(one, first)
    train(other, second)
    for name, array in one.engine.arrays.items():
        np.testing.assert_array_equal(array, other.engine.arrays[name], err_msg=name)


def test_a_stop_after_any_step_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    job, whole = open_run(tmp_path, TEXTS)
    train(job, whole)
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)
    for stop_at in (1, 5, job.batching.updates, job.batching.updates + 3):
        job, run = open_run(tmp_path, TEXTS)
        train(job, run, stop_at=stop_at)
        assert decode(run.last).trainer["step"] == stop_at
        checkpoint = decode(run.last)
        train(open_job(continued(checkpoint, ()), [tmp_path]), run, checkpoint=checkpoint)
        assert_equal_runs(run, whole)


@pytest.mark.parametrize(
    "layers",
    [
        READ,
        [{"embedding": 4}, {"gru": {"units": 3, "bidirectional": True}}],
        [{"embedding": 4}, {"lstm": {"units": 3, "return_sequences": True}}, "global_max_pool"],
        [{"embedding": 4}, "sinusoidal_positions", {"transformer_block": {"heads": 2}}, "global_average_pool"],
        [{"embedding": 4}, TURNED, "global_average_pool"],
        [{"embedding": 4}, {"conv1d": {"filters": 3, "kernel": 2}}, {"max_pool1d": 2}, "global_average_pool"],
    ],
)
def test_shorter_programs_give_the_same_outputs(layers: list[Any], tmp_path: Path):
    """A network that reads only as far as the longest text of a batch knows nothing of what follows."""
    job, _ = open_run(tmp_path, {**TEXTS, "model": [*layers, {"dense": "classes"}]})
    part = job.dataset.parts["train"].rows(0, 88)
    short = part.taken(np.flatnonzero((part.codes >= 0).sum(axis=1) <= 6))
    outputs = []
    for longest in (None, 6):
        network = build_network(job.experiment, job.dataset.signature, training=False, rows=len(short), longest=longest)
        engine = Engine([], [network], {"some": short}, seed=5)
        outputs.append(engine.evaluate("some").outputs)
    np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "together"),
    [
        ({}, True),
        ({"train": {"shuffle": False}}, False),
        ({"train": {"sampling": "balanced"}}, False),
        ({"model": [{"embedding": 3}, "flatten", {"dense": "classes"}]}, False),
        ({"model": [{"embedding": 4}, "position_embedding", "global_max_pool", {"dense": "classes"}]}, False),
        ({"model": [{"embedding": 4}, "sinusoidal_positions", "global_max_pool", {"dense": "classes"}]}, True),
        ({"model": [{"embedding": 4}, TURNED, "global_max_pool", {"dense": "classes"}]}, True),
        ({"model": [{"embedding": 4}, {"gru": {"units": 3, "bidirectional": True}}, {"dense": "classes"}]}, True),
        ({"data": {"features": {"text": {"tokens": {"length": 2}}}}}, False),
        ({"data": {"memory": "1kB"}}, False),
    ],
)
def test_it_is_done_where_it_is_possible_and_pays(changes: dict[str, Any], together: bool, tmp_path: Path):
    blocks = {name: {**TEXTS[name], **block} if isinstance(block, dict) else block for name, block in changes.items()}
    job, run = open_run(tmp_path, {**TEXTS, **blocks})
    told = [note for note in job.dataset.notes if "padding" in note]
    assert len(told) == (changes.get("data", {}).get("memory") is None)
    assert any("texts of similar length train together" in note for note in told) == together
    train(job, run)
    assert lines(run, "end")


def test_the_share_of_padding_is_told(tmp_path: Path):
    job, _ = open_run(tmp_path, TEXTS)
    (note,) = [note for note in job.dataset.notes if "padding" in note]
    assert note.startswith("texts of similar length train together, in batches of at most 5, ")
    assert note.endswith("of these are padding, instead of 78%")
