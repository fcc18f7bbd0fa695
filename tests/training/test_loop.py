"""Whole trainings: what is logged, when they end, what decides, and what a run leaves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dltool.training.checkpoint import decode
from dltool.training.divergence import DivergedError
from dltool.training.events import EpochEnded, Progress, RateLowered

from .runs import CLASSES, NUMBERS, lines, open_run, train

FROZEN = {"sgd": {"lr": 1e-30}}


def test_steps_epochs_and_the_end_are_logged(tmp_path):
    job, run = open_run(tmp_path, {"train": {"log_every": 4}})
    outcome = train(job, run)
    kinds = [line["kind"] for line in lines(run)]
    assert kinds == ["step", "step", "epoch", "step", "step", "epoch", "step", "step", "epoch", "end"]
    steps = lines(run, "step")
    assert [(line["step"], line["epoch"]) for line in steps] == [(4, 1), (8, 1), (12, 2), (16, 2), (20, 3), (24, 3)]
    assert all(line["lr"] == 0.001 for line in steps)
    assert [line["epoch"] for line in lines(run, "epoch")] == [1, 2, 3]
    assert lines(run, "epoch")[-1].keys() == {"kind", "epoch", "step", "train", "validation"}
    assert lines(run, "end") == [
        {
            "kind": "end",
            "reason": "finished",
            "epoch": 3,
            "step": 24,
            "test": outcome.metrics["test"],
            "test_of_epoch": outcome.metrics_epoch,
        }
    ]
    assert sorted(path.name for path in run.root.rglob("*")) == [
        "best.safetensors",
        "checkpoints",
        "config.yaml",
        "last.safetensors",
        "metrics.jsonl",
    ]


def test_a_logged_loss_is_that_of_the_batch_before_its_update(tmp_path):
    data = CLASSES | {"split": {"validation": {"last": 30}}}
    job, run = open_run(tmp_path, {"data": data, "train": {"batch_size": 100, "shuffle": False, "epochs": 2}})
    expected = []
    for _ in range(2):
        expected.append(job.engine.evaluate("train").loss)
        job.engine.train("train", _one_update(job, len(expected) - 1), collect=False)
    again, _ = open_run(tmp_path, {"data": data, "train": {"batch_size": 100, "shuffle": False, "epochs": 2}})
    train(again, run)
    np.testing.assert_allclose([line["loss"] for line in lines(run, "step")], expected, rtol=1e-6)


def _one_update(job, step):
    rates = job.learning_rates(np.array([step]), 2)
    return job.batching.plan(
        job.experiment.optimizer.scalars(np.array([step]), rates), first_update=0, epoch=step, step=step
    )


def test_the_training_loss_is_the_mean_over_samples(tmp_path):
    job, run = open_run(tmp_path, {"train": {"batch_size": 40}})
    train(job, run)
    losses = [line["loss"] for line in lines(run, "step")][:2]
    rows = [40, len(job.dataset.parts["train"].targets) - 40]
    assert lines(run, "epoch")[0]["train"]["loss"] == pytest.approx(np.average(losses, weights=rows), rel=1e-12)


def test_training_metrics_see_the_targets_in_the_order_of_the_samples(tmp_path):
    """Parameters that never move: the figures gathered while training are those of an evaluation."""
    changes = {"optimizer": FROZEN, "metrics": ["accuracy", "auc", "f1"], "train": {"batch_size": 7, "accumulate": 2}}
    job, run = open_run(tmp_path, changes)
    train(job, run)
    evaluated = job.evaluate("train").result()
    for line in lines(run, "epoch"):
        assert line["train"] == pytest.approx(evaluated, rel=1e-5)


def test_numbers_are_trained_and_measured(tmp_path):
    changes = {
        "data": NUMBERS,
        "model": [{"dense": {"units": "targets"}}],
        "loss": "mse",
        "metrics": ["rmse", "mae", "r2"],
        "optimizer": FROZEN,
    }
    job, run = open_run(tmp_path, changes)
    train(job, run)
    last = lines(run, "epoch")[-1]
    assert last["train"]["rmse"] == pytest.approx(math.sqrt(last["train"]["loss"]), rel=1e-5)
    assert last["train"] == pytest.approx(job.evaluate("train").result(), rel=1e-5)


def test_averaged_parameters_are_evaluated(tmp_path):
    job, run = open_run(tmp_path, {"metrics": [], "train": {"ema_decay": 0.9}, "optimizer": {"adam": {"lr": 0.05}}})
    train(job, run)
    plain = job.engine.evaluate("validation", use_average=False).loss
    averaged = job.engine.evaluate("validation", use_average=True).loss
    assert plain != averaged
    assert min(line["validation"]["loss"] for line in lines(run, "epoch")) == pytest.approx(averaged, rel=1e-6)


def test_early_stopping_waits_and_restores_the_best_epoch(tmp_path):
    changes = {
        "optimizer": {"sgd": {"lr": 3.0}},
        "early_stopping": {"patience": 2, "restore_best": True},
        "train": {"epochs": 50},
    }
    job, run = open_run(tmp_path, changes)
    outcome = train(job, run)
    losses = [line["validation"]["loss"] for line in lines(run, "epoch")]
    best = int(np.argmin(losses)) + 1
    assert outcome.reason == lines(run, "end")[0]["reason"] == "early_stopping"
    assert outcome.epochs == best + 2
    assert outcome.best == {"epoch": best, "monitor": "validation.loss", "value": min(losses)}
    assert outcome.metrics_epoch == best
    assert outcome.metrics["validation"]["loss"] == min(losses)
    for name, array in decode(run.best).arrays.items():
        np.testing.assert_array_equal(job.engine.read()[name], array)
    assert job.evaluate("validation").result()["loss"] == min(losses)


def test_a_gain_below_min_delta_does_not_count(tmp_path):
    changes = {"early_stopping": {"patience": 1, "min_delta": 100.0, "monitor": "train.loss"}}
    job, run = open_run(tmp_path, changes | {"train": {"epochs": 50}})
    assert train(job, run).epochs == 2


def test_plateau_lowers_the_rate(tmp_path):
    changes = {
        "optimizer": {"sgd": {"lr": 1e-20}},
        "schedule": {"plateau": {"factor": 0.5, "patience": 2}},
        "train": {"epochs": 6, "batch_size": 100},
    }
    job, run = open_run(tmp_path, changes)
    events: list[object] = []
    train(job, run, notify=events.append)
    assert [line["lr"] / 1e-20 for line in lines(run, "step")] == pytest.approx([1, 1, 1, 0.5, 0.5, 0.25])
    assert [event.text for event in events if isinstance(event, RateLowered)] == [
        "plateau: the learning rate is now multiplied by 0.5",
        "plateau: the learning rate is now multiplied by 0.25",
    ]


def test_the_best_epoch_is_kept(tmp_path):
    job, run = open_run(tmp_path, {"optimizer": {"sgd": {"lr": 2.0}}, "train": {"epochs": 8}})
    events: list[object] = []
    outcome = train(job, run, notify=events.append)
    values = [line["validation"]["accuracy"] for line in lines(run, "epoch")]
    assert outcome.best == {"epoch": int(np.argmax(values)) + 1, "monitor": "validation.accuracy", "value": max(values)}
    assert decode(run.best).trainer["epoch"] == outcome.best["epoch"]
    assert decode(run.last).trainer["epoch"] == 8
    assert outcome.metrics_epoch == outcome.best["epoch"]
    ends = [event for event in events if isinstance(event, EpochEnded)]
    assert [end.line["epoch"] for end in ends if end.best][-1] == outcome.best["epoch"]
    assert [event.step for event in events if isinstance(event, Progress)][-1] == 8 * job.batching.updates


def test_divergence_names_the_step_and_saves_nothing(tmp_path):
    changes = {"optimizer": {"sgd": {"lr": 1e20}}, "model": [{"dense": {"units": 8}}, {"dense": {"units": "classes"}}]}
    job, run = open_run(tmp_path, changes)
    with pytest.raises(
        DivergedError,
        match=r"diverged: the loss is (nan|inf) at step \d in epoch 1, with a learning rate of 1e\+20; try",
    ):
        train(job, run)
    assert lines(run, "end") == [{"kind": "end", "reason": "diverged"}]
    assert not run.last.exists()


def test_parameters_that_are_not_finite_are_never_saved(tmp_path):
    job, run = open_run(tmp_path, {"train": {"epochs": 1}})
    train(job, run)
    kept = run.last.read_bytes()
    job.engine.write({"dense_1.bias": np.full(8, np.nan, np.float32)})
    with pytest.raises(DivergedError, match=r"dense_1\.bias has numbers that are not finite"):
        train(job, run, stop_at=0)
    assert run.last.read_bytes() == kept
