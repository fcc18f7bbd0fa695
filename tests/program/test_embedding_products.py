"""Projecting leaves the results as they are, and is left where it would not pay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dltool.data.samples.signature import CodeField
from tests.contract.networks import HEAD, MIXED, Row, code_rows, columns

HIDDEN = {"dense": {"units": 17, "activation": "relu"}}
PROJECTED = "table_indices table_products sum_table_products"


@pytest.mark.parametrize(
    ("codes", "model", "nodes"),
    [
        (MIXED, [HIDDEN], PROJECTED),
        (columns((1, 3, 300)), [HIDDEN], "embed concat matmul"),
        (columns((1, 33, 16)), [HIDDEN], "embed concat matmul"),
        (columns((1, 25, 16)), [HIDDEN], PROJECTED),
        (columns((1, 2, None)), [HIDDEN], "one_hot concat matmul"),
        (columns((2, 9, 16)), [HIDDEN], "embed concat matmul"),
        ((), [HIDDEN], "matmul"),
        (columns((1, 9, 16)), ["relu", HIDDEN], "embed concat relu matmul"),
        (columns((1, 9, 16)), [{"parallel": [[HIDDEN], [HIDDEN]]}], "embed concat matmul"),
    ],
    ids=["mixed", "wide", "as large as a batch", "smaller", "few", "bags", "numbers", "an activation", "two readers"],
)
def test_tables_smaller_than_a_batch_are_multiplied(codes: tuple[CodeField, ...], model: list[Any], nodes: str):
    graph = Row("", [*model, *HEAD], codes=codes).network(training=True).graph
    forward = [node.op.yaml_name for node in graph.nodes if node.part == "forward"]
    assert forward[: len(nodes.split())] == nodes.split()
    assert {value.name for node in graph.nodes for value in node.outputs} <= graph.values.keys()


@pytest.mark.parametrize("row", [*code_rows()], ids=str)
def test_results_are_those_of_the_batch_multiplied(row: Row, monkeypatch: pytest.MonkeyPatch):
    projected = row.engine()
    monkeypatch.setattr("dltool.program.lowering.multiply_tables", lambda *arguments: None)
    plain = row.engine()
    losses = [engine.train("train", row.steps(0, 3), collect=False).losses for engine in (projected, plain)]
    np.testing.assert_allclose(*losses, rtol=1e-5)
    for name, array in projected.read().items():
        np.testing.assert_allclose(array, plain.read()[name], rtol=1e-4, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("model", [HEAD, [HIDDEN, *HEAD], ["layer_norm", HIDDEN, *HEAD]])
def test_an_evaluation_takes_code_0_for_the_mean_of_codes_that_training_has(model: list[Any], monkeypatch):
    fields = tuple(
        replace(field, shares=(0.0, *np.full(field.size - 1, 1 / (field.size - 1)).tolist())) for field in MIXED
    )
    row = Row("", model, codes=fields)
    projected = row.engine()
    monkeypatch.setattr("dltool.program.lowering.multiply_tables", lambda *arguments: None)
    plain = row.engine()
    outputs = [engine.evaluate("train").outputs for engine in (projected, plain)]
    np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-5)
