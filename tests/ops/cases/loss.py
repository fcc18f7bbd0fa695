"""Losses, whose gradient starts the backward."""

from __future__ import annotations

from typing import Any

from .case import POSITIVE, Case, fixed, integers, labels, rows

#: what targets of labels lie between
SHARE: Any = {"low": 0, "high": 1}


def _losses() -> list[Case]:
    logits, numbers = rows(5), (rows(3), rows(3))
    weights = fixed(5, **POSITIVE)
    smooth = {"smoothing": 0.1}
    return [
        Case("cross_entropy", (logits, labels(5)), gradients=(0,), loss=True),
        Case("cross_entropy", (logits, labels(5)), smooth, gradients=(0,), loss=True),
        Case("cross_entropy", (logits, labels(5), weights), smooth, gradients=(0,), loss=True),
        Case("cross_entropy", (logits, labels(5), weights), {**smooth, "each_class": 1}, gradients=(0,), loss=True),
        Case("focal", (logits, labels(5)), gradients=(0,), loss=True),
        Case("focal", (logits, labels(5), weights), {"gamma": 0.5}, gradients=(0,), loss=True),
        Case("focal", (rows(33), labels(33)), {"gamma": 0.0}, gradients=(0,), loss=True),
        Case("binary_focal", (rows(3), rows(3, **SHARE)), gradients=(0,), loss=True),
        Case(
            "binary_focal",
            (rows(33), rows(33, **SHARE), fixed(33, **POSITIVE)),
            {"gamma": 0.5},
            gradients=(0,),
            loss=True,
        ),
        Case("binary_focal", (rows(5), rows(5, **SHARE)), {"gamma": 0.0}, gradients=(0,), loss=True),
        Case("binary_cross_entropy", (rows(3), rows(3, low=0, high=1)), gradients=(0,), loss=True),
        Case(
            "binary_cross_entropy", (rows(3), rows(3, low=0, high=1), fixed(3, **POSITIVE)), gradients=(0,), loss=True
        ),
        Case("mse", numbers, gradients=(0,), loss=True),
        Case("mae", numbers, gradients=(0,), loss=True, kink=True),
        Case("huber", numbers, {"delta": 0.8}, gradients=(0,), loss=True),
        Case("pinball", (*numbers, fixed(3, low=0.05, high=0.95)), gradients=(0,), loss=True, kink=True),
        Case("pinball", (rows(35), rows(35), fixed(35, low=0.05, high=0.95)), gradients=(0,), loss=True, kink=True),
    ]


def _mixed_losses() -> list[Case]:
    cases = []
    one, weights = rows(1, low=0, high=1), fixed(5, **POSITIVE)
    for given, attributes in [
        ((), {}),
        ((weights,), {"smoothing": 0.1}),
        ((weights,), {"smoothing": 0.2, "each_class": 1}),
    ]:
        inputs = (rows(5), labels(5), labels(5), one, *given)
        cases.append(Case("mixed_cross_entropy", inputs, attributes, gradients=(0,), loss=True, rigid=True))
    return cases


def _token_losses() -> list[Case]:
    cases = []
    for steps, classes in ((1, 2), (5, 3), (18, 5), (3, 33)):
        for attributes in ({}, {"smoothing": 0.1}):
            inputs = rows(steps, classes), integers(steps, size=classes)
            cases.append(Case("token_cross_entropy", inputs, attributes, gradients=(0,), loss=True, rigid=True))
    return cases


CASES = [*_losses(), *_mixed_losses(), *_token_losses()]
