"""Words of two numbers in bfloat16, where the processor multiplies these."""

from __future__ import annotations

import pytest

from ..contract.networks import HEAD, Row
from ..contract.test_bfloat16_networks import in_bfloat16

BATCH = 8
ROW = in_bfloat16(Row("", [{"dense": 5}, "relu", {"dense": 5}, *HEAD], shape=(BATCH,)))


@pytest.mark.parametrize("has_unit", [True, False])
def test_products_read_words_where_the_processor_multiplies_these(monkeypatch: pytest.MonkeyPatch, has_unit: bool):
    monkeypatch.setattr("dltool.program.lowering.has_dot_products", lambda: has_unit)
    names = {node.op.yaml_name for node in ROW.network(training=True).graph.nodes}
    lowered = {"bfloat16_matmul", "bfloat16_weight_gradient", "pair_channels", "pair_samples", "pair_inputs"}
    assert lowered & names == (lowered if has_unit else set())
    assert ({"matmul", "round_bfloat16", "round_weights"} <= names) != has_unit


def test_words_of_samples_lie_where_no_thread_still_reads(monkeypatch: pytest.MonkeyPatch):
    """Weights of as many inputs as the batch has samples have words of the same layout."""
    monkeypatch.setattr("dltool.program.lowering.has_dot_products", lambda: True)
    program = ROW.network(training=True, rows=BATCH).program
    places = {value: (start, start + program.layouts[value].bytes) for value, start in program.memory.offsets.items()}
    made = 0
    for stage in program.stages:
        read = [places[value] for node in stage.rows for value in node.reads if value in places]
        for node in (node for node in stage.rows if node.op.yaml_name == "pair_samples"):
            first, end = places[node.outputs[0]]
            assert all(stop <= first or end <= start for start, stop in read)
            made += 1
    assert made > 2
