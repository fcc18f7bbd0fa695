"""Fusion leaves the results as they are, and leaves out what nothing needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from dltool.ops.graph import Node
from dltool.program.initial import initial_values
from dltool.program.program import Program, make_program
from dltool.runtime.runner import Runner
from dltool.runtime.state import State
from tests.contract.bound import Arrays, team
from tests.contract.networks import HEAD, Row

RELU = {"dense": {"units": 17, "activation": "relu"}}
GELU = {"dense": {"units": 17, "activation": "gelu"}}
FACTORS = np.linspace(0.01, 0.02, 5, dtype=np.float32)

# layers between the batch and a last dense one, and the nodes that they become, parts joined by +
TABLE: list[tuple[str, list[Any], str]] = [
    ("relu", [RELU], "matmul+add_bias+relu"),
    ("gelu", [GELU], "matmul+add_bias+gelu"),
    ("no bias", [{"dense": {"units": 17, "bias": False, "activation": "tanh"}}], "matmul+tanh"),
    ("one of two", [{"dense": 17}, "relu", "tanh"], "matmul+add_bias+relu+tanh"),
    (
        "a residual",
        [RELU, {"residual": [RELU, {"dense": 17}]}],
        "matmul+add_bias+relu matmul+add_bias+relu matmul+add_bias+add",
    ),
    ("a sum of branches", [{"parallel": [[RELU], [GELU]]}], "matmul+add_bias+relu matmul+add_bias+gelu+add"),
    ("a sum with its input", [{"dense": 17}, {"residual": ["relu"]}], "matmul+add_bias+relu add"),
    ("two readers", [{"dense": 17}, {"parallel": [["relu"], ["tanh"]]}], "matmul+add_bias+relu tanh add"),
    ("three in a row", [{"dense": 17}, "relu", "tanh", "gelu"], "matmul+add_bias+relu+tanh gelu"),
    ("a normalization", [{"dense": 17}, "layer_norm", "relu"], "matmul+add_bias layer_norm relu"),
]
CASES = pytest.mark.parametrize(("what", "layers", "nodes"), TABLE, ids=[row[0] for row in TABLE])


@CASES
def test_products_take_up_what_follows_them(what: str, layers: list[Any], nodes: str):
    program = Row(what, [*layers, *HEAD]).network(training=True).program
    forward = [node for node in program.nodes if node.part == "forward"]
    assert names_of(forward) == [*nodes.split(), "matmul+add_bias", "cross_entropy"]


def names_of(nodes: Sequence[Node]) -> list[str]:
    return ["+".join(part.op.yaml_name for part in (node, *node.epilogue)) for node in nodes]


@CASES
def test_results_are_those_of_the_ops_one_by_one(what: str, layers: list[Any], nodes: str):
    row = Row(what, [*layers, *HEAD])
    network = row.network(training=True)
    graph = network.graph
    made = [value for node in graph.nodes if not node.op.reports for value in node.outputs]
    plain = make_program(graph, network.rows, kept=made)
    assert len(plain.nodes) > len(network.program.nodes)
    fused, unfused = trained(row, network.program), trained(row, plain)
    for name, array in fused.items():
        np.testing.assert_allclose(array, unfused[name], rtol=1e-4, atol=1e-6, err_msg=name)


def trained(row: Row, program: Program) -> Arrays:
    """Parameters and slots after an epoch."""
    state = State([program])
    state.write(dict(initial_values(program.graph.values.values(), seed=1)))
    part = row.data()
    runner = Runner(program, state, {"features": part.features, "target": part.targets}, team(1))
    runner.run(row.steps(0, 3), collect=False)
    return {value.name: state.read(value.name) for value in program.graph.saved}


@pytest.mark.parametrize(("layer", "kept"), [(RELU, 1), (GELU, 2)], ids=["relu", "gelu"])
def test_the_sum_before_an_activation_is_kept_where_the_derivative_needs_it(layer: Any, kept: int):
    program = Row("", [layer, *HEAD]).network(training=True).program
    product = next(node for node in program.nodes if node.op.yaml_name == "matmul")
    assert len(product.outputs) == kept
    assert all(value in program.memory.offsets for value in product.outputs)
    assert not any(value in program.memory.offsets for value in product.inner)


GATHERED = {
    "floats": (None, "gather+reshape gather_labels"),
    "bytes": (np.float32(1), "gather_scaled+reshape gather_labels"),
    "bytes with a factor for each channel": (FACTORS, "gather_scaled gather_labels reshape"),
}


@pytest.mark.parametrize(("scaled", "nodes"), GATHERED.values(), ids=GATHERED)
def test_a_batch_is_gathered_flat(scaled: np.ndarray | None, nodes: str):
    row = Row("", ["flatten", *HEAD], shape=(3, 5), scaled=None if scaled is None else np.asarray(scaled))
    first = names_of(row.network(training=True).program.nodes)
    assert first[: first.index("matmul+add_bias")] == ["order", *nodes.split()]
