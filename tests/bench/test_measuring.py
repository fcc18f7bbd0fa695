"""The pieces of a measurement: endless plans, rounds in turn, cycles as shares, counted work, failing processes."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from dltool.bench.process import DLTOOL, Process, Start
from dltool.bench.profile import make_profile
from dltool.bench.rounds import ROUNDS, alternate
from dltool.bench.step_plans import StepPlans
from dltool.bench.subject import open_subjects
from dltool.config.loading import load
from dltool.errors import InputError, RunError
from dltool.runtime.plan import StepPlan
from dltool.training.job import open_job

from .configs import NUMBERS, write_config


@pytest.mark.parametrize("accumulate", [1, 2])
def test_stretches_are_the_plans_of_one_epoch_after_the_other(tmp_path, accumulate):
    train = {"epochs": 3, "batch_size": 20, "accumulate": accumulate}
    job = open_job(load(write_config(tmp_path, {"schedule": "cosine", "train": train})), [tmp_path])
    updates = job.batching.updates
    epochs = []
    for epoch in range(3):
        steps = np.arange(epoch * updates, (epoch + 1) * updates)
        scalars = job.optimizer.scalars(steps, job.learning_rates(steps, 3))
        epochs.append(job.batching.plan(scalars, first_update=0, epoch=epoch, step=epoch * updates))
    step_plans = StepPlans(job)
    parts = [step_plans.plan(0, updates - 1), step_plans.plan(updates - 1, 2 * updates + 1)]
    for field in [field for field in fields(StepPlan) if field.name != "stretch"]:
        expected = np.concatenate([getattr(plan, field.name) for plan in epochs])
        np.testing.assert_array_equal(np.concatenate([getattr(plan, field.name) for plan in parts]), expected)


def test_processes_take_turns_and_medians_count():
    asked = []

    class Fake:
        def __init__(self, name, seconds):
            self._name, self._seconds = name, iter([1.0, *seconds])

        def ask(self, what, **request):
            asked.append(self._name)
            return {"samples": 100, "updates": 10, "seconds": next(self._seconds)}

    speeds = alternate({"a": Fake("a", [2, 2, 2, 4, 1, 2, 2]), "b": Fake("b", [5] * ROUNDS)}, lambda text: None)
    assert asked == ["a", "b"] * (ROUNDS + 1)
    assert (speeds["a"].samples_per_s, speeds["a"].ms_per_step, speeds["a"].spread) == (50, 200, 1.5)
    assert (speeds["b"].samples_per_s, speeds["b"].steps_per_s, speeds["b"].spread) == (20, 2, 0)


def test_cycles_become_shares_of_the_step():
    ops = [
        {"layer": "batch", "part": "batch", "op": "gather", "cycles": 10, "flops": 0},
        {"layer": "a", "part": "forward", "op": "matmul", "cycles": 20, "flops": 100},
        {"layer": "b", "part": "forward", "op": "matmul", "cycles": 10, "flops": 100},
        {"layer": "a", "part": "backward", "op": "matmul", "cycles": 30, "flops": 100},
        {"layer": "a", "part": "update", "op": "adam", "cycles": 10, "flops": 0},
    ]
    profile = make_profile({"ops": ops, "waiting": 20}, ms_per_step=2.0)
    layers = {layer.layer: (layer.forward_ms, layer.backward_ms, layer.update_ms) for layer in profile.layers}
    assert layers == {"batch": (0.2, 0, 0), "a": (0.4, 0.6, 0.2), "b": (0.2, 0, 0)}
    assert profile.waiting_ms == 0.4
    kinds = [(op.op, op.direction, op.share) for op in profile.ops]
    assert sorted(kinds[:2]) == [("matmul", "backward", 0.3), ("matmul", "forward", pytest.approx(0.3))]
    assert sum(op.share for op in profile.ops) + profile.waiting_share == pytest.approx(1)
    apart = [(op.layer, op.op, op.direction, op.ms) for op in profile.layer_ops]
    assert apart[1:3] == [("a", "matmul", "forward", 0.4), ("b", "matmul", "forward", 0.2)]
    assert profile.layer_ops[2].gflops == 2 * profile.layer_ops[1].gflops == pytest.approx(100 / 0.2e-3 / 1e9)
    assert next(op for op in profile.ops if op.direction == "backward").gflops == pytest.approx(100 / 0.6e-3 / 1e9)


def test_work_is_that_of_the_formulas(tmp_path):
    """Products: two operations for each weight and sample forward, twice that backward but for the first layer."""
    changes = {
        "data": NUMBERS,
        "model": [{"dense": {"units": 16, "activation": "relu"}}, {"dense": "targets"}],
        "loss": "mse",
        "optimizer": "sgd",
    }
    (subject,) = open_subjects([write_config(tmp_path, changes)], [])
    first, second = 8 * 16, 16 * 2
    products = 2 * (first + second) + 2 * (first + 2 * second)
    biases = 2 * (16 + 2)  # added, and their gradients summed
    relu = 2 * 16
    loss = 3 * 2 + 2 * 2 + 1
    assert subject.work.per_sample == products + biases + relu + loss
    assert subject.work.per_update == 2 * (first + second + 16 + 2)


def test_a_process_that_refuses_or_ends_is_told(tmp_path):
    with Process(Start(DLTOOL, {"config": str(tmp_path / "none.yaml"), "overrides": []})) as process:
        with pytest.raises(InputError, match="no such file"):
            process.open()
        with pytest.raises(RunError, match=r"the measuring process dltool\.bench\.worker ended: AssertionError"):
            process.ask("measure", seconds=0.1)
    with (
        Process(Start("dltool.bench.nowhere", {})) as process,
        pytest.raises(RunError, match=r"No module named dltool\.bench\.nowhere"),
    ):
        process.open()
