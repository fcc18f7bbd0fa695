"""Only the cpu kernels see a lowered graph."""

from __future__ import annotations

from typing import Any

import pytest

from dltool.data.samples.signature import CodeField

from ..contract.networks import HEAD, Row

NORM = ["batch_norm", "relu"]
PIXELS = [{"conv2d": {"filters": 16, "kernel": 3}}, *NORM, {"conv2d": {"filters": 16, "kernel": 3}}, "flatten"]
CODES = tuple(CodeField(name, start=i, length=1, size=6, width=4) for i, name in enumerate("ab"))

TABLE: dict[str, tuple[Row, bool, set[str]]] = {
    "convolutions": (Row("", [*PIXELS, *HEAD], shape=(8, 8, 3)), True, {"winograd", "winograd_weights"}),
    "embeddings": (Row("", [{"dense": 17}, *HEAD], shape=(0,), codes=CODES), True, {"sum_table_products"}),
    "evaluation": (Row("", [{"dense": {"units": 17, "bias": False}}, "batch_norm", *HEAD]), False, {"fold_weight"}),
}


def names(row: Row, **arguments: Any) -> set[str]:
    return {node.op.yaml_name for node in row.network(**arguments).graph.nodes}


@pytest.mark.parametrize(("row", "training", "lowered"), TABLE.values(), ids=TABLE)
def test_other_backends_run_the_graph_as_it_was_built(row: Row, training: bool, lowered: set[str]):
    assert lowered <= names(row, training=training)
    assert not lowered & names(row, training=training, lower=False)
    networks = [row.network(training=training, lower=lower).graph for lower in (True, False)]
    saved, as_built = [{value.name: value.shape for value in graph.saved} for graph in networks]
    assert saved == as_built
