"""How an update is divided among ranks: every item has one owner, slices are about equally long."""

from __future__ import annotations

from itertools import repeat
from typing import Any

import numpy as np
import pytest

from dltool.config.loading import from_mapping
from dltool.data.samples.signature import Signature
from dltool.ops.op import Cut
from dltool.program.building import Network, build_network
from dltool.program.division import divide
from dltool.program.parcels import finished_total

from .replay import Replay

DEEP = [{"dense": 300}, "batch_norm", {"dense": 300}, {"dense": "classes"}]


def network(**train: Any) -> Network:
    """A network whose update is divided."""
    train = {"batch_size": 32, "shards": 4, **train}
    data = {"synthetic": {"features": 40, "classes": 3, "rows": 64}}
    config = {"data": data, "model": DEEP, "loss": "cross_entropy", "optimizer": "adam", "train": train}
    experiment = from_mapping(config)
    signature = signature_of(experiment)
    return build_network(experiment, signature, training=True, rows=8)


def signature_of(experiment: Any) -> Signature:
    from dltool.data.dataset.opening import read_signature

    return read_signature(experiment.data, [])


@pytest.mark.parametrize("train", [{}, {"clip": {"norm": 1.0}, "ema_decay": 0.9}], ids=["plain", "clipped, averaged"])
@pytest.mark.parametrize("ranks", [2, 4])
def test_every_item_of_an_update_has_one_owner(train: dict[str, Any], ranks: int):
    built = network(**train)
    program, division = built.update_program, divide(built.update_program, built.gradient_program, ranks)
    assert len(division.cuts) > 2, "several parcels, and the statistics"
    every = [item for stage in program.stages for item in stage.items]
    owned = [
        item
        for rank in range(ranks)
        for segment in division.segments(rank)
        for stage in segment.program.stages
        for item in stage.items
    ]
    assert {id(item) for item in every} == {id(item) for item in owned}
    shared = [item for item in every if any(node.op.cut is Cut.ONCE for node in item.nodes)]
    assert len(owned) == len(every) + (ranks - 1) * len(shared)
    sizes = np.diff(division.cuts).sum(axis=0)
    assert sizes.sum() == sum(program.layouts[total].vectors for total in division.totals)
    assert sizes.max() < 1.5 * sizes.sum() / ranks


def test_the_backward_finishes_one_parcel_after_the_other():
    built = network()
    division = divide(built.update_program, built.gradient_program, 2)
    sizes = [division.program.layouts[total].vectors for total in division.totals]
    starts = {total.name: start for total, start in zip(division.totals, np.cumsum(sizes) - sizes, strict=True)}
    parts, finished = division.backward(built.gradient_program), np.zeros(sum(sizes), bool)
    for cuts, (first, end) in zip(division.cuts, parts.ranges, strict=True):
        for item in (item for stage in parts.program.stages[first:end] for item in stage.items):
            if total := finished_total(item):
                finished[starts[total.name] + item.low : starts[total.name] + item.high] = True
        assert finished[cuts[0] : cuts[-1]].all(), "at the end of its part, a parcel can be sent"
    assert len(set(parts.ends)) > 2, "the first parcels need not wait for the last"


def test_a_backward_in_parts_is_the_whole_backward():
    built = network()
    division = divide(built.update_program, built.gradient_program, 2)
    program = division.backward(built.gradient_program).program
    rows, items = (
        [[id(one) for stage in of.stages for one in getattr(stage, kind)] for of in (program, built.gradient_program)]
        for kind in ("rows", "items")
    )
    assert rows[0] == rows[1]
    assert sorted(items[0]) == sorted(items[1])
    assert len(program.stages) > len(built.gradient_program.stages), "a stage with items of several parcels is cut"
    for order in ((0, 1), (1, 0)):
        Replay(program, threads=2).step(8, order, cuts=repeat(0.5))


def test_what_belongs_to_parameters_has_their_order():
    built = network(ema_decay=0.9)
    division = divide(built.update_program, built.gradient_program, 2)
    parameters = division.parameters
    assert parameters
    assert all("running" in name for name in division.statistics)
    assert {tuple(name.rpartition(".")[0] for name in names) for names in division.slots} == {tuple(parameters)}
    assert {names[0].rpartition(".")[2] for names in division.slots} == {"m", "v", "average"}
