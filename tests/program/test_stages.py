"""Stages and memory plan together: whatever order threads take between two meetings, each reads what it should."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dltool.program.program import Program
from dltool.program.stages import Stage
from tests.contract.networks import HEAD, ROWS, Row

from .replay import Replay

BATCH = 21  # for two threads: 10 and 11 rows


def random_row(seed: int) -> Row:
    """A network of random layers, nested, on samples of one or three positions."""
    choose = random.Random(seed)
    shape = choose.choice([(5,), (3, 5), (17,)])
    layers = [{"dense": 17}, *random_layers(choose, depth=2), "flatten", *HEAD]
    train: dict[str, Any] = {"accumulate": choose.choice([1, 2])}
    if choose.random() < 0.5:
        train["clip"] = choose.choice([{"norm": 1.0}, {"value": 1.0}])
    if choose.random() < 0.5:
        train["average"] = 0.9
    return Row(f"random {seed}", layers, shape=shape, config={"train": train, "optimizer": "adam"})


def random_layers(choose: random.Random, depth: int) -> list[Any]:
    """Layers that keep 17 channels."""
    plain = ["relu", "gelu", "tanh", "softmax", "batch_norm", "layer_norm", {"dropout": 0.3}, {"dense": 17}]
    plain.append({"dense": {"units": 17, "activation": "relu"}})
    layers = choose.choices(plain, k=choose.randint(1, 4))
    if depth:
        inner = [random_layers(choose, depth - 1) for _ in range(choose.randint(1, 3))]
        blocks: list[Any] = [{"residual": inner[0]}, {"repeat": {"times": 2, "layers": inner[0]}}]
        if len(inner) > 1:
            blocks.append({"parallel": inner})
            blocks.append({"sequential": [{"parallel": {"branches": [*inner, []], "merge": "concat"}}, {"dense": 17}]})
        layers.insert(choose.randint(0, len(layers)), choose.choice(blocks))
    return layers


def play(program: Program, order: tuple[int, ...]) -> None:
    replay = Replay(program, threads=len(order))
    for rows, update in ((program.rows, False), (5, True), (1, True)):
        replay.step(rows, order, cuts=random_cuts(), update=update)


def random_cuts() -> Iterator[float]:
    choose = random.Random(1)
    while True:
        yield choose.random()


@pytest.mark.parametrize("row", [*ROWS, *map(random_row, range(40))], ids=str)
def test_threads_never_read_what_is_not_there(row: Row):
    program = row.network(training=True, rows=BATCH).program
    for order in ((0,), (0, 1), (1, 0)):
        play(program, order)


@pytest.mark.parametrize("row", [*map(random_row, range(20))], ids=str)
def test_nor_do_they_where_memory_is_saved(row: Row, monkeypatch: pytest.MonkeyPatch):
    whole = row.network(training=True, rows=BATCH).program
    for name in ("recomputing.LARGE", "recomputing.ENOUGH", "stages.WAITING"):
        monkeypatch.setattr(f"dltool.program.{name}", 1)
    program = row.network(training=True, rows=BATCH).program
    assert len(program.stages) > len(whole.stages)
    for order in ((0,), (0, 1), (1, 0)):
        play(program, order)


def test_threads_must_meet():
    """The replay is no formality: with everything in one stage it fails."""
    program = ROWS[0].network(training=True, rows=BATCH).program
    assert len(program.stages) > 1
    rows = [node for stage in program.stages for node in stage.rows]
    items = [item for stage in program.stages for item in stage.items]
    with pytest.raises(AssertionError, match="finds something else"):
        play(replace(program, stages=[Stage(rows, items)]), order=(0, 1))


def test_buffers_must_not_share_memory_while_both_live():
    program = ROWS[0].network(training=True, rows=BATCH).program
    memory = replace(program.memory, offsets=dict.fromkeys(program.memory.offsets, 0))
    with pytest.raises(AssertionError, match="finds something else"):
        play(replace(program, memory=memory), order=(0,))
