"""What holds for every op: a row in the table, a reference kernel that fits it, shapes and types as planned."""

from __future__ import annotations

import inspect
from itertools import product

import numpy as np
import pytest

from dltool.errors import RunError
from dltool.kernels.cpu.kernel import declared
from dltool.kernels.reference import find
from dltool.ops.geometry import GEOMETRY
from dltool.program.sample_moments import SUMMING
from dltool.registry import registered
from dltool.runtime.interpreter import run_graph

from .cases import CASES, Case


def test_every_op_is_in_the_table():
    covered = {node.op.yaml_name for case in CASES for node in case.build()[0].nodes}
    assert covered == set(registered("op"))


@pytest.mark.parametrize("name", sorted(registered("op")))
def test_the_reference_kernel_takes_what_the_op_declares(name: str):
    op = registered("op")[name]
    parameters = inspect.signature(find(name)).parameters.values()
    keywords = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        keywords |= set(GEOMETRY)
    given = {"shape"} if name == "reshape" else set(op.attributes)
    assert keywords == given | ({"step"} if op.uses_step else set())


@pytest.mark.parametrize("name", sorted(registered("op")))
def test_the_reference_kernel_names_the_inputs_as_the_op_does(name: str):
    inputs = [operand.strip() for operand in registered("op")[name].operands.split("->")[0].split(",")]
    kinds = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.POSITIONAL_OR_KEYWORD: ""}
    parameters = inspect.signature(find(name)).parameters.values()
    assert [kinds[p.kind] + p.name for p in parameters if p.kind in kinds] == [name for name in inputs if name]


def test_a_missing_kernel_is_named():
    with pytest.raises(RunError, match=r"op 'leaky_rleu' has no reference kernel; did you mean 'leaky_relu'\?"):
        find("leaky_rleu")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_shapes_and_types_are_as_planned(case: Case):
    for batch, float_type in product((1, 5), ("float32", "float64")):
        check_shapes_and_types(case, batch, float_type)


def check_shapes_and_types(case: Case, batch: int, float_type: str) -> None:
    """What the reference kernels of a case make of inputs of some type."""
    graph, _, _ = case.build()
    arrays = case.arrays(batch, float_type)
    before = {name: array.copy() for name, array in arrays.items()}
    values = run_graph(graph, arrays, case.step(batch))
    single = {out.name for n in graph.nodes for out in n.outputs if all(v.spec.dtype != "float32" for v in n.inputs)}
    for name, value in graph.values.items():
        if name in single:  # no input says which float type is wanted
            continue
        batch_axis = (case.rows_of(name, batch),) if value.spec.batched else ()
        assert values[name].shape == (*batch_axis, *value.shape), name
        assert values[name].dtype == (float_type if value.spec.dtype == "float32" else value.spec.dtype), name
    for name, array in before.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=f"the kernel wrote into its input {name}")


@pytest.mark.parametrize("case", [case for case in CASES if case.build()[1].op.elementwise], ids=str)
def test_elementwise_ops_keep_the_shape_and_have_at_most_two_numbers(case: Case):
    _, node, _ = case.build()
    assert len(node.inputs) in (1, 2)
    assert [value.spec for value in node.outputs] == [node.inputs[0].spec]
    assert len(node.op.attributes) <= 2
    assert all(isinstance(default, float) for default in node.op.attributes.values())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_arithmetic_is_counted(case: Case):
    graph, _, _ = case.build()
    for node in graph.nodes:
        flops = node.op.flops(node)
        without_tables = (
            node.op.yaml_name in ("table_products", "table_products_weight_gradient") and len(node.inputs) == 1
        )
        assert flops == 0 if node.op.moves or without_tables else flops > 0


@pytest.mark.parametrize("name", sorted(registered("op")))
def test_an_op_is_found_under_one_stem_in_each_folder(name: str):
    op = registered("op")[name]
    stem = op.__module__.rpartition(".")[2]
    assert find(name).__module__ == f"dltool.kernels.reference.{stem}"
    if op not in SUMMING:
        cpu, _ = declared()[name]
        assert f"{cpu.__module__}_".startswith(f"dltool.kernels.cpu.{stem}_")  # "conv_weights" is of "conv"
