"""What is wrong with a `sweep` block is said before anything runs, at its key in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dltool.config.loading import load
from dltool.errors import InputError
from dltool.sweep.checking import checked_space
from tests.sweep.spaces import BASE, write_sweep

LR = "optimizer.adam.lr: {log: [1e-4, 1e-1]}"


def faults(folder: Path, block: str, base: str = BASE) -> list[str]:
    path = write_sweep(folder, block, base)
    with pytest.raises(InputError) as caught:
        checked_space(path, [], load(path))
    return [str(problem).replace(f"{path}:", "") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("trails: 40", "13:3: sweep.trails: unknown key; did you mean 'trials'?"),
        ("trials: 0", "13:11: sweep.trials: expected a whole number above 0 or null, got 0"),
        ("time: 1 hour", "13:9: sweep.time: '1 hour' is no length of time; write 90s, 30m, 1h30m or 2d"),
        ("method: bayes", "13:11: sweep.method: expected 'tpe', 'random' or 'grid', got 'bayes'"),
        (
            "train.epochs: 30",
            "13:17: sweep.train.epochs: expected a list of choices, or a mapping such as {log: [1e-4, 1e-1]}, got 30",
        ),
        (
            "optimizer.lr: {}",
            "13:17: sweep.optimizer.lr: expected one of log, range, int, log_int, choices; got none of them",
        ),
        (
            "optimizer.lr: {log: [1, 2], range: [1, 2]}",
            "13:17: sweep.optimizer.lr: expected one of log, range, int, log_int, choices; got both 'log' and 'range'",
        ),
        (
            "optimizer.lr: {log: [1e-1, 1e-4]}",
            "13:17: sweep.optimizer.lr: the first bound must be below the second, got [0.1, 0.0001]",
        ),
        ("optimizer.lr: {log: [0, 1]}", "13:17: sweep.optimizer.lr: a logarithmic scale begins above 0, got 0"),
        (
            "optimizer.lr: {log: [1e-4]}",
            "13:23: sweep.optimizer.lr.log: expected a list of 2 numbers or null, got a list",
        ),
        ("train.epochs: {int: [1, 3.5]}", "13:27: sweep.train.epochs.int[1]: expected a whole number, got 3.5"),
        ("train.epochs: []", "13:17: sweep.train.epochs: expected a list of values or null, got an empty list"),
        ("train.epochs: [1, 2, 1]", "13:17: sweep.train.epochs: a choice is in the list twice"),
        ("train.epochs: {lg: [1, 2]}", "13:18: sweep.train.epochs.lg: unknown key; did you mean 'log'?"),
        (
            "optimizer: {adam: {lr: {log: [1e-4, 1e-1]}}}",
            "13:14: sweep.optimizer: write the key in one piece, up to what varies: …adam.KEY: {log: [1e-4, 1e-1]}",
        ),
        (
            "train.epochs: {min: 1, max: 9}",
            "13:17: sweep.train.epochs: write both bounds as a list: {range: [1, 9]}, or log, int or log_int",
        ),
        (
            "train.epochs: {log_int: [1, 9], step: 2}",
            "13:17: sweep.train.epochs: 'step' goes with 'range' or 'int'",
        ),
        (
            "optimzer.adam.lr: [0.1, 0.2]",
            "13:3: sweep.optimzer.adam.lr: optimzer: unknown key; did you mean 'optimizer'?",
        ),
        ("optimizer.adam.lrr: [0.1, 0.2]", "13:3: sweep.optimizer.adam.lrr: unknown key; did you mean 'lr'?"),
        (
            "model[7].dense.units: [1, 2]",
            "13:3: sweep.model[7].dense.units: model has 3 items, [0] to [2]; there is no [7]",
        ),
        (
            "model[1].dense.units: [1, 2]",
            "13:3: sweep.model[1].dense.units: 'model[1]' is 'dropout', not 'dense'; to have both, vary it too: "
            "model[1]: [dropout, dense]",
        ),
        (
            "model[1].rate: {range: [0, 1.5]}",
            "13:3: sweep.model[1].rate: 1.5: expected a number of at least 0 and below 1, got 1.5",
        ),
        (
            "train.epochs: {log: [1, 64]}",
            "13:3: sweep.train.epochs: 1.0: expected a whole number above 0, got 1.0; write 1; for whole numbers: "
            "log_int",
        ),
        ("loss: [cross_entropy, msee]", "13:3: sweep.loss: msee: unknown loss 'msee'; did you mean 'mse'?"),
        ("data.split.seed: [1, 2]", "13:3: sweep.data.split.seed: may not vary, or the trials could not be compared"),
        (
            "optimizer.adam.beta1: {range: [0, 0.9], when: {optimzer: adam}}",
            "13:3: sweep.optimizer.adam.beta1: when: there is no 'optimzer', neither here nor in the config; "
            "did you mean 'optimizer'?",
        ),
        ("optimizer.lr: {log: [0.1, 1]}", None),
    ],
)
def test_one_fault(tmp_path: Path, line: str, fault: str | None):
    if fault is None:
        path = write_sweep(tmp_path, line)
        assert [one.key for one in checked_space(path, [], load(path)).parameters] == ["optimizer.lr"]
    elif line.startswith(("trails", "trials", "time", "method")):
        assert faults(tmp_path, f"{line}\n{LR}") == [fault]
    else:
        assert faults(tmp_path, line) == [fault]


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        (
            "optimizer.adam.lr: [0.1, 0.2]\n optimizer.lr: [0.1, 0.2]",
            "13:3: sweep.optimizer.adam.lr: has no effect, as 'optimizer.lr' replaces what it changes; draw one or the "
            "other, by a condition: when",
        ),
        (
            "loss: [cross_entropy, mse]\n optimizer.lr: {log: [0.1, 1], when: {loss: mae}}",
            "14:3: sweep.optimizer.lr: when: 'loss' is never mae; did you mean 'mse'?",
        ),
        (
            "train.epochs: {int: [1, 2], when: {optimizer.lr: 1}}\n "
            "optimizer.lr: {log: [0.1, 1], when: {train.epochs: 1}}",
            "13:3: sweep.train.epochs: when: the conditions of train.epochs, optimizer.lr go in a circle",
        ),
        (
            "method: grid\n optimizer.lr: {log: [0.1, 1]}",
            "14:3: sweep.optimizer.lr: a grid needs 'points' (how many values to take from the range), or a step "
            "between them",
        ),
        (
            "method: grid\n optimizer.lr: {log: [0.1, 1], points: 200}\n model[1].rate: {range: [0, 0.5], points: 200}",
            "15:3: sweep.model[1].rate: a grid of more than 10,000 points; vary fewer keys",
        ),
    ],
)
def test_keys_that_do_not_go_together(tmp_path: Path, block: str, fault: str):
    assert faults(tmp_path, block)[0] == fault


def test_every_fault_is_told_at_once(tmp_path: Path):
    told = faults(tmp_path, "optimizer.adam.lrr: [0.1, 0.2]\n train.batch_sze: [1, 2]\n model[9].rate: [0, 1]")
    assert [line.split(":")[0] for line in told] == ["13", "14", "15"]


def test_without_a_validation_part_nothing_can_be_chosen(tmp_path: Path):
    base = BASE.replace("validation: 0.3", "validation: 0")
    assert faults(tmp_path, LR, base) == [
        "sweep: trials are chosen on a validation part, and there is none: give data.split.validation"
    ]
