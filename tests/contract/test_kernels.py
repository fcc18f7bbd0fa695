"""Every cpu kernel against the reference on the same inputs, over shapes that do not fit its blocks."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from dltool.kernels.cpu.kernel import declared
from dltool.kernels.cpu.sharding import STREAMED
from dltool.ops.op import StepRecord
from dltool.program.sample_moments import SUMMING
from dltool.registry import registered
from tests.ops.cases import CASES, Case

from .bound import Arrays, Bound, by_reference

WIDTHS = (1, 15, 16, 17, 33)
BATCHES = ((1, (1,)), (33, (3, 28, 33, 1)))  # rows planned for, and rows that come
THREADS = ((1, 2), (1, 3))  # in turn: each width meets some
SPREADS = (1.0, 0.01, 30.0)  # of the first input
CLOSE = 3e-6  # of a number, or of the largest of its array
#: a number that lies between two of bfloat16 may be rounded to either, by sums that differ in their last bit
CLOSE_ROUNDED = 1e-2
ROUNDED_WITHIN = ("bfloat16_lstm", "bfloat16_gru", "bfloat16_simple_rnn")


def test_every_op_has_a_cpu_kernel_unless_it_is_lowered():
    assert set(registered("op")) - {op.yaml_name for op in SUMMING} <= set(declared())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cpu_kernel_does_what_the_reference_says(case: Case):
    met: list[tuple[Case, float]] = []
    for first in range(len(WIDTHS)):
        factor, threads = SPREADS[first % len(SPREADS)], THREADS[first % len(THREADS)]
        resized = case.resized(WIDTHS[first:] + WIDTHS[:first])
        if (resized, factor) not in met:  # many cases have but one size
            check_against_reference(resized, factor, threads)
            met.append((resized, factor))


def check_against_reference(case: Case, factor: float, thread_counts: tuple[int, ...]) -> None:
    """Batches of a case, the first input multiplied by a factor, on some numbers of threads."""
    graph, _, _ = case.build()
    for planned, batches in BATCHES:
        arrays = case.arrays(planned, "float32")
        spread(arrays, factor)
        bound = [Bound(graph, arrays, planned, thread_counts[0])]
        bound += [Bound(graph, arrays, planned, threads, bound[0].program) for threads in thread_counts[1:]]
        for rows in batches:
            step = single(case.step(planned, rows))
            values, *others = (each.run(step) for each in bound)
            for name, lanes in bound[0].padding(step).items():
                assert not lanes.any(), f"{case} {name}, {rows} of {planned} rows: padding holds {lanes[lanes != 0]}"
            for other, threads in zip(others, thread_counts[1:], strict=True):
                for name, value in values.items():
                    assert value.tobytes() == other[name].tobytes(), f"{name} differs on {threads} threads"
            for node in bound[0].program.nodes:
                for name, expected in by_reference(node, {**values, **arrays}, step).items():
                    what = f"{case} {name}, {rows} of {planned} rows"
                    close = CLOSE_ROUNDED if case.op.startswith(ROUNDED_WITHIN) else CLOSE
                    assert_close(values[name], expected, what, least=min(1.0, factor), close=close)


def spread(arrays: Arrays, factor: float) -> None:
    """Multiply the first input, to reach the far ends of functions and the small numbers near zero."""
    first = arrays.get("input_0")
    if first is not None and first.dtype == np.float32:
        first *= np.float32(factor)


def single(step: StepRecord) -> StepRecord:
    """The step with numbers that float32 holds, as the cpu kernels get them."""
    scalars = tuple(float(np.float32(scalar)) for scalar in step.scalars)
    return replace(step, scale=float(np.float32(step.scale)), scalars=scalars)


def assert_close(actual: np.ndarray, expected: np.ndarray, what: str, *, least: float, close: float = CLOSE) -> None:
    """Equal integers; numbers that differ by a small share of the largest in their array, or of `least`."""
    assert actual.shape == expected.shape, f"{what}: {actual.shape} instead of {expected.shape}"
    if actual.dtype.kind in "iu":
        np.testing.assert_array_equal(actual, expected, err_msg=what)
        return
    error = np.abs(actual - expected)
    if not (error <= close * max(least, np.abs(expected).max())).all():
        worst = np.unravel_index(np.argmax(error), error.shape)
        raise AssertionError(f"{what}{[int(i) for i in worst]}: cpu {actual[worst]!r}, reference {expected[worst]!r}")


@pytest.mark.parametrize("shard", [(0, 4), (1, 4), (3, 4)])
def test_totals_that_are_larger_than_the_caches(shard: tuple[int, int]):
    (like,) = (case for case in CASES if case.op == "add_shard" and case.shard[0] == 0)
    large = tuple(replace(given, shape=(STREAMED // 2 + 16, 32)) for given in like.inputs)
    check_against_reference(replace(like, inputs=large, shard=shard), factor=1.0, thread_counts=(1, 2))


def test_shares_of_work_that_go_from_one_group_of_samples_to_the_next():
    like = next(case for case in CASES if case.op == "conv" and case.attributes["stride_height"] == 2)
    x, w = (given.shape for given in like.inputs)
    shapes = (*x[:-1], 112), (*w[:-2], 112, 80)  # 9 groups of 5 blocks of outputs, in items of 2
    large = tuple(replace(given, shape=shape) for given, shape in zip(like.inputs, shapes, strict=True))
    check_against_reference(replace(like, inputs=large), factor=1.0, thread_counts=(1, 2))


SWEEP = np.concatenate([sign * np.logspace(-6, 2, 160, dtype=np.float32) for sign in (-1, 1)])
ELEMENTWISE = [case for case in CASES if registered("op")[case.op].elementwise and len(case.inputs) == 1]


@pytest.mark.parametrize("case", ELEMENTWISE, ids=str)
def test_elementary_functions_are_exact_from_tiny_to_huge(case: Case):
    graph, node, _ = case.resized([len(SWEEP)]).build()
    arrays = case.resized([len(SWEEP)]).arrays(1, "float32")
    arrays["input_0"][:] = SWEEP
    if "dy" in arrays:
        arrays["dy"][:] = 1
    step = single(case.step(1))
    values = Bound(graph, arrays, 1, threads=1).run(step)
    for made in (node, graph.nodes[-1]):
        (expected,) = by_reference(made, values, step).values()
        actual = values[made.outputs[0].name]
        with np.errstate(over="ignore"):
            same = (actual == expected.astype(np.float32)) | (np.isnan(actual) & np.isnan(expected))
        actual, expected = (np.where(same, 0, array) for array in (actual, expected))
        error = np.abs(actual - expected)
        worst = np.unravel_index(np.argmax(error - 3e-6 * np.abs(expected)), error.shape)
        assert error[worst] <= 3e-6 * abs(expected[worst]) + 3e-7, (
            f"{made.op.yaml_name} at {SWEEP[worst[-1]]}: cpu {actual[worst]!r}, reference {expected[worst]!r}"
        )


#: what is not finite is not multiplied by the zeros around an image
LEAVES_OUT_PADDING = {"depthwise", "depthwise_data_gradient", "winograd_weight_gradient"}
#: nor by the zero weights of steps that are not seen, some of which lie behind a length
LEAVES_OUT_UNSEEN = {"attention", "attention_gradient"}


#: a number that is not finite, and its place among those of an input
BROKEN = ((np.nan, 0), (np.nan, -1), (np.inf, 0), (-np.inf, -1))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_not_finite_stays_so(case: Case):
    graph, _, _ = case.build()
    arrays, step = case.arrays(5, "float32"), single(case.step(5))
    bound = Bound(graph, arrays, 5, threads=1)
    numbers = [name for name, array in arrays.items() if array.dtype == np.float32]
    for name, (broken, place) in product(numbers, BROKEN):
        whole = arrays[name].flat[place]
        arrays[name].flat[place] = broken  # where the kernels read it
        values = bound.run(step)
        for node in bound.program.nodes:
            for made, expected in by_reference(node, {**values, **arrays}, step).items():
                lost = ~np.isfinite(expected) & np.isfinite(values[made])
                if node.op.yaml_name in LEAVES_OUT_PADDING and name == "input_1":
                    lost = np.isfinite(values[made]).all()
                if node.op.yaml_name in LEAVES_OUT_UNSEEN:
                    lost = lost.any() & np.isfinite(values[made]).all() & (len(case.inputs) == 1)
                assert not lost.any(), f"{node} with {broken} in {name}: {values[made]}, reference {expected}"
        arrays[name].flat[place] = whole


ROUNDING = [
    case
    for case in CASES
    if "rounded" in registered("op")[case.op].attributes and not case.op.startswith(ROUNDED_WITHIN)
]


@pytest.mark.parametrize("case", ROUNDING, ids=str)
def test_products_within_an_op_see_rounded_numbers(case: Case):
    graph, _, _ = replace(case, attributes={**case.attributes, "rounded": 1}).build()
    arrays = case.arrays(5, "float32")
    bound = Bound(graph, arrays, 5, threads=2)
    step = single(case.step(5))
    values = bound.run(step)
    for node in bound.program.nodes:
        for name, expected in by_reference(node, {**values, **arrays}, step).items():
            assert_close(values[name], expected, f"{case} {name}", least=1.0, close=CLOSE_ROUNDED)
