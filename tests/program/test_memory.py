"""The arena: buffers that nothing needs any more are used again, and kept ones are not."""

from __future__ import annotations

from typing import Any

import pytest

from dltool.program.program import make_program
from tests.contract.networks import HEAD, Row


def deep(*layers: Any) -> list[Any]:
    return [{"repeat": {"times": 12, "layers": [{"dense": 64}, *layers]}}, *HEAD]


DEEP = deep("relu")


@pytest.mark.parametrize(
    ("model", "training", "share"),
    [
        (deep("relu"), False, 0.25),
        (deep({"residual": ["layer_norm", {"dense": 64}, "gelu", {"dense": 64}]}), False, 0.1),
        (deep({"dropout": 0.1}, "tanh"), True, 0.45),
        (deep("batch_norm", "relu"), True, 0.4),
    ],
    ids=["evaluation", "evaluation of blocks", "row by row", "in stages"],
)
def test_dead_buffers_are_used_again(model: list[Any], training: bool, share: float):
    program = Row("", model).network(training=training, rows=64).program
    total = sum(program.layouts[value].bytes for value in program.memory.offsets)
    assert program.memory.arena_bytes < share * total


def test_elementwise_ops_write_over_their_input():
    program = Row("spans", [{"dense": 64}, "softmax", "tanh", "sigmoid", *HEAD]).network(training=False).program
    tanh, sigmoid = (program.graph.values[f"{name}_1.{name}"] for name in ("tanh", "sigmoid"))
    assert program.memory.offsets[tanh] == program.memory.offsets[sigmoid]


def test_a_kept_value_has_its_memory_to_itself():
    graph = Row("deep", DEEP).network(training=False).graph
    kept = graph.values["repeat_1.block_1.relu_1.relu"]
    program = make_program(graph, rows=64, kept=[kept])
    start, size = program.memory.offsets[kept], program.layouts[kept].bytes
    made = [value for node in graph.nodes for value in node.outputs]
    later = [value for value in made[made.index(kept) + 1 :] if value in program.memory.offsets]
    for value in later:
        offset = program.memory.offsets[value]
        assert offset + program.layouts[value].bytes <= start or offset >= start + size, f"{value} lies in {kept}"


@pytest.mark.parametrize("model", [DEEP, [{"dense": 300}, *HEAD]], ids=["deep", "wide"])
def test_gradients_are_held_in_chunks(model: list[Any]):
    program = Row("", model, config={"optimizer": "adam"}).network(training=True).program
    matrices = [value for value in program.graph.parameters() if len(value.shape) == 2]
    assert program.memory.scratch_bytes <= max(program.layouts[value].bytes for value in matrices)
    assert not any(value.shape in {matrix.shape for matrix in matrices} for value in program.memory.offsets)
