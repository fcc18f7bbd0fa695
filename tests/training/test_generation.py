"""Texts that a language model makes: its logits token by token, its sampling, its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.config.loading import from_resolved
from dltool.errors import InputError
from dltool.program.building import build_network
from dltool.runtime.plan import StepPlan
from dltool.training.generation import Generator, Sampling
from dltool.training.job import open_job

TEXT = "the cat sat on the mat, and the dog sat on the log. " * 40
BLOCK = 12
BODIES: dict[str, list[Any]] = {
    "lstm": [{"lstm": {"units": 18, "return_sequences": True, "layers": 2}}],
    "gru": [{"gru": {"units": 16, "return_sequences": True}}],
    "simple_rnn": [{"simple_rnn": {"units": 9, "return_sequences": True}}],
    "stateful": [{"lstm": {"units": 18, "return_sequences": True, "stateful": True}}],
    "learned positions": ["position_embedding", {"transformer_block": {"heads": 2, "causal": True}}],
    "sinusoidal positions": ["sinusoidal_positions", {"transformer_block": {"heads": 1, "causal": True}}],
    "rotary positions": [{"transformer_block": {"heads": 4, "groups": 2, "causal": True, "rotary": True}}],
}


def config(body: list[Any], **fields: Any) -> dict[str, Any]:
    return {
        "data": {"text_stream": {"path": "text.txt", "vocabulary": "character", "block": BLOCK}},
        "model": [{"embedding": 16}, *body, {"dense": "classes"}],
        "loss": "cross_entropy",
        "optimizer": {"adam": 0.01},
        "train": {"epochs": 1, "batch_size": 16, "seed": 5},
        **fields,
    }


def trained(body: list[Any], tmp_path: Path) -> tuple[Any, Generator]:
    """A job after an epoch, and the generator of its checkpoint."""
    (tmp_path / "text.txt").write_text(TEXT)
    job = open_job(from_resolved(config(body)), [tmp_path])
    updates = np.arange(job.batching.updates)
    scalars = job.scalars(updates, job.learning_rates(updates, 1))
    job.engine.train("train", job.batching.plan(scalars, first_update=0, epoch=0, step=0), collect=False)
    return job, Generator(job.checkpoint({}), tmp_path / "run")


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_logits_token_by_token_are_those_of_the_whole_sequence(body: list[Any], tmp_path: Path):
    job, generator = trained(body, tmp_path)
    block = job.dataset.parts["train"].features[:1]
    network = build_network(job.experiment, job.dataset.signature, training=False, rows=1, order="as they come")
    whole = logits_of(network, job, block)
    for position, code in enumerate(block[0, :BLOCK].tolist()):
        np.testing.assert_allclose(generator._read([code]), whole[position], rtol=1e-4, atol=1e-5)


def logits_of(network: Any, job: Any, block: np.ndarray) -> np.ndarray:
    """The logits (steps, tokens) of one block by the reference kernels."""
    from dltool.ops.op import StepRecord
    from dltool.runtime.interpreter import run_graph

    graph = network.graph
    memories = {v.name: np.zeros(v.shape, np.float32) for v in graph.values.values() if v.role == "memory"}
    constants = {
        v.name: np.asarray(v.initial(v.shape, np.random.default_rng(0)), np.float32)
        for v in graph.values.values()
        if v.role == "constant" and v.initial
    }
    data = {"features": block, "codes": np.zeros((1, 0), np.int32), "target": np.zeros((1, 2), np.float32)}
    values = run_graph(graph, {**data, **job.engine.read(), **memories, **constants}, StepRecord(0, 0, 0, 1, 1.0))
    return values[network.prediction.name][0]


def test_the_same_seed_gives_the_same_text_and_the_context_may_overflow(tmp_path: Path):
    _, generator = trained(BODIES["learned positions"], tmp_path)
    _, again = trained(BODIES["learned positions"], tmp_path)
    prompt, unknown = generator.encode("the c€t")
    assert unknown == ["€"]
    assert generator.vocabulary.decode(prompt) == "the ct"
    codes = list(generator.tokens(prompt, 5 * BLOCK, Sampling(seed=3)))
    assert codes == list(again.tokens(prompt, 5 * BLOCK, Sampling(seed=3)))
    assert "".join(generator.texts(prompt, iter(codes))) == generator.vocabulary.decode(codes)


@pytest.mark.parametrize(
    ("sampling", "possible"),
    [
        (Sampling(temperature=0), {2}),
        (Sampling(top_k=1), {2}),
        (Sampling(top_k=2), {1, 2}),
        (Sampling(top_p=0.5), {2}),
        (Sampling(top_p=0.85), {1, 2}),
        (Sampling(), {0, 1, 2, 3}),
    ],
)
def test_what_can_be_drawn(sampling: Sampling, possible: set[int]):
    logits = np.log([0.05, 0.3, 0.6, 0.05])
    generator = np.random.default_rng(1)
    assert {sampling.draw(logits, generator) for _ in range(300)} == possible


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([{"conv1d": {"filters": 8, "padding": "same"}}], "but conv1d looks at later ones, too"),
        ([{"multi_head_attention": 2}], "but attention without causal: true looks at later ones, too; add it"),
        (["squeeze_excite"], "but squeeze_excite looks at later ones, too"),
        ([{"group_norm": 2}], "but group_norm looks at later ones, too"),
        (
            [{"gru": {"units": 4, "return_sequences": True, "bidirectional": True}}],
            "but bidirectional looks at later ones, too; leave it out",
        ),
    ],
)
def test_networks_that_see_what_they_predict_are_refused(body: list[Any], message: str, tmp_path: Path):
    with pytest.raises(InputError, match=message):
        trained(body, tmp_path)


def test_a_stateful_network_goes_on_where_the_batch_before_ended(tmp_path: Path):
    (tmp_path / "text.txt").write_text(TEXT)
    job = open_job(from_resolved(config(BODIES["stateful"])), [tmp_path])
    samples = job.dataset.parts["train"]
    assert job.batching.epoch_samples == len(samples) // 16 * 16
    updates = job.batching.updates
    plan: StepPlan = job.batching.plan(np.zeros((updates, 9)), first_update=0, epoch=0, step=0)
    assert len(plan) == updates
    rows = np.empty(32, np.int64)
    job.feed._order.take(0, 16, rows)
    length = len(samples) // 16
    assert rows.tolist() == [i * length + step for step in (1, 2) for i in range(16)]
