"""Every kernel of XLA, most of them traced reference kernels, against the reference on the same inputs."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

import jax
import numpy as np
import pytest
from jax.extend.core import jaxprs_in_params

from dltool.errors import RunError
from dltool.kernels import reference, xla
from dltool.kernels.reference.random import permute, round_keys
from dltool.kernels.xla import find
from dltool.kernels.xla.batch import orders_of_epochs
from dltool.ops.graph import Graph
from dltool.ops.op import StepRecord
from dltool.registry import registered
from dltool.runtime.xla.tracing import TracedStep, run_nodes
from tests.ops.cases import CASES, Case
from tests.quick_xla import options, quick

from .bound import Arrays, by_reference
from .test_kernels import assert_close, single
from .test_xla_gpu_kernels import GEOMETRY

#: what only lowering for the cpu makes
LOWERED = {
    "bfloat16_conv",
    "bfloat16_matmul",
    "bfloat16_recurrent",
    "embedding_product",
    "folding",
    "pairs",
    "sample_moments",
    "winograd",
}
#: parts of a weight's gradient, of which XLA makes but one
IN_GROUPS = {"conv_weight_gradient", "depthwise_weight_gradient"}
UNLOWERED = [case for case in CASES if registered("op")[case.op].__module__.rpartition(".")[2] not in LOWERED]


@pytest.mark.parametrize("name", sorted({case.op for case in UNLOWERED}))
def test_a_kernel_of_xla_does_what_the_reference_says(name: str):
    cases = [case for case in UNLOWERED if case.op == name]
    for case, arrays, values in zip(cases, *traced(cases), strict=True):
        for node in case.build()[0].nodes:
            if node.op.yaml_name == "sum_groups":
                continue
            for made, expected in by_reference(node, {**values, **arrays}, single(case.step(5))).items():
                together = node.op.yaml_name in IN_GROUPS
                actual, expected = (values[made].sum(0), expected.sum(0)) if together else (values[made], expected)
                assert_close(actual, expected, f"{case} {made}", least=1.0)


def traced(cases: list[Case]) -> tuple[list[Arrays], list[Arrays]]:
    """What is given to the graphs of some cases, and every value as XLA has it; integers have 32 bits there."""
    graphs = [case.build()[0] for case in cases]
    steps = [single(case.step(5)) for case in cases]
    given = [case.arrays(5, "float32") for case in cases]
    orders = [_order(graph, step) for graph, step in zip(graphs, steps, strict=True)]

    def run(inputs: Any, numbers: Any, orders: Any) -> Any:
        made = []
        for graph, step, arrays, (integers, scale, scalars), order in zip(
            graphs, steps, inputs, numbers, orders, strict=True
        ):
            known = dict(zip(("step", "epoch", "position", "number", "count"), integers, strict=True))
            scalars = tuple(scalars[i] for i in range(len(step.scalars)))
            record = TracedStep(**known, rows=step.rows, scale=scale, scalars=scalars, order=order)
            made.append(run_nodes(graph.nodes, arrays, record))
        return made

    numbers = [
        (
            np.int32([step.step, step.epoch, step.position, step.number, step.count]),
            np.float32(step.scale),
            np.float32([*step.scalars, 0]),
        )
        for step in steps
    ]
    inputs = [{name: _narrow(array) for name, array in arrays.items()} for arrays in given]
    with jax.default_matmul_precision("highest"):
        compiled = jax.jit(run).lower(inputs, numbers, orders).compile(compiler_options=options())
    return given, [jax.tree.map(np.asarray, made) for made in compiled(inputs, numbers, orders)]


def _narrow(array: np.ndarray) -> np.ndarray:
    return array.astype(np.int32) if array.dtype == np.int64 else array


def _order(graph: Graph, step: StepRecord) -> np.ndarray:
    """The order of the epoch, of the five rows of the target."""
    keys = [node.attributes["key"] for node in graph.nodes if node.attributes.get("shuffle")]
    return _narrow(permute(np.arange(5), 5, key=keys[0], epoch=step.epoch)) if keys else np.arange(0, dtype=np.int32)


@pytest.mark.parametrize("key", [0, 7, 2**64 - 1])
@pytest.mark.parametrize("total", [1, 2, 17, 1437, 70001])
def test_the_order_of_an_epoch(total: int, key: int):
    keys = np.stack([round_keys(key, epoch) for epoch in (3, 4)], axis=1)[..., None]
    made = orders_of_epochs(total, keys)
    for epoch, order in zip((3, 4), made, strict=True):
        np.testing.assert_array_equal(order, permute(np.arange(total), total, key=key, epoch=epoch))


@pytest.mark.parametrize(
    ("name", "shapes", "more"),
    [
        ("matmul", [(3, 4), (4, 5)], {}),
        ("matmul_data_gradient", [(3, 5), (4, 5)], {}),
        ("matmul_weight_gradient", [(3, 4), (3, 5)], {}),
        ("batched_matmul", [(3, 4, 2), (3, 4, 5)], {"transpose_x": 1, "transpose_y": 0, "matrices": 1}),
        ("conv", [(2, 7, 6, 3), (3, 3, 3, 4)], GEOMETRY),
        ("conv_data_gradient", [(2, 3, 3, 4), (3, 3, 3, 4)], GEOMETRY),
        ("conv_weight_gradient", [(2, 7, 6, 3), (2, 3, 3, 4)], {"groups": 1, **GEOMETRY}),
    ],
)
def test_products_multiply_bfloat16_and_sum_in_float32(name: str, shapes: list[tuple[int, ...]], more: dict[str, int]):
    generator = np.random.default_rng(0)
    given = [generator.standard_normal(shape).astype(np.float32) for shape in shapes]
    rounded = [reference.find("round_bfloat16")(array) for array in given]
    expected = reference.find(name)(*rounded, **more)

    def run(*arrays: jax.Array) -> jax.Array:
        return find(name)(*map(find("round_bfloat16"), arrays), **more)

    np.testing.assert_allclose(quick(run)(*given), expected, rtol=1e-5, atol=1e-5)
    (product,) = _products(jax.make_jaxpr(run)(*given).jaxpr)
    assert [str(operand.aval.dtype) for operand in product.invars] == ["bfloat16"] * 2
    assert [str(result.aval.dtype) for result in product.outvars] == ["float32"]


def _products(jaxpr: Any) -> list[Any]:
    """The products and convolutions in a traced function, and in those that it calls."""
    found = []
    for equation in jaxpr.eqns:
        if equation.primitive.name in ("dot_general", "conv_general_dilated"):
            found.append(equation)
        for inner in jaxprs_in_params(equation.params):
            found += _products(inner)
    return found


def test_what_xla_has_no_own_form_of_is_the_reference_kernel():
    assert find("relu") is reference.find("relu")
    assert find("conv") is not reference.find("conv")


def test_a_kernel_has_the_file_stem_of_its_op_and_no_helper_has_the_name_of_one():
    modules = [import_module(f"{xla.__name__}.{module.name}") for module in pkgutil.iter_modules(xla.__path__)]
    for name, op in registered("op").items():
        stem = op.__module__.rpartition(".")[2]
        own = [module for module in modules if getattr(vars(module).get(name), "__module__", "") == module.__name__]
        assert [module.__name__ for module in own] in ([], [f"{xla.__name__}.{stem}"])
        assert find(name) is (getattr(own[0], name) if own else reference.find(name))


def test_small_numbers_keep_their_digits():
    """Loops over steps have another tanh, which is off by 1e-7 however small its value."""
    x = np.float32([-1e-5, 1e-9])
    np.testing.assert_allclose(jax.jit(find("tanh"))(x), np.tanh(x), rtol=1e-6)


def test_a_missing_kernel_is_named():
    with pytest.raises(RunError, match=r"op 'leaky_rleu' has no reference kernel; did you mean 'leaky_relu'\?"):
        find("leaky_rleu")
