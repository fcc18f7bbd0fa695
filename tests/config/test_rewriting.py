"""A learning rate in the text of a config: nothing else of the text changes."""

from __future__ import annotations

import pytest

from dltool.config.rewriting import with_learning_rate
from dltool.errors import InputError


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("optimizer: {adam: {lr: 0.001}}  # tuned", "optimizer: {adam: {lr: 0.02}}  # tuned"),
        (
            "optimizer:\n  sgd:\n    lr: 1e-3 # x\n    momentum: 0.9\n",
            "optimizer:\n  sgd:\n    lr: 0.02 # x\n    momentum: 0.9\n",
        ),
        ("optimizer: {sgd: {momentum: 0.9}}", "optimizer: {sgd: {lr: 0.02, momentum: 0.9}}"),
        ("optimizer:\n  sgd:\n    momentum: 0.9\n", "optimizer:\n  sgd:\n    lr: 0.02\n    momentum: 0.9\n"),
        ("optimizer: adam # the usual\n", "optimizer: {adam: {lr: 0.02}} # the usual\n"),
        ("optimizer: {adam: 0.1}\nloss: mse\n", "optimizer: {adam: 0.02}\nloss: mse\n"),
        ("loss: mse", "loss: mse\noptimizer: {adam: {lr: 0.02}}\n"),
    ],
)
def test_only_the_rate_changes(before: str, after: str):
    assert with_learning_rate(before, "c.yaml", 0.02) == after


@pytest.mark.parametrize(
    "text", ["optimizer: {adam: {}}", "optimizer: [adam]", "x-lr: &lr 0.1\noptimizer: {adam: {lr: *lr}}"]
)
def test_what_cannot_be_changed_is_said(text: str):
    with pytest.raises(InputError, match="yourself"):
        with_learning_rate(text, "c.yaml", 0.02)
