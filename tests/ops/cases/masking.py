"""Sequences of unequal length."""

from __future__ import annotations

from .case import Case, integers, labels, rows


def _masks() -> list[Case]:
    cases = [Case("lengths", (integers(1, size=3),)), Case("lengths", (integers(19, size=3),))]
    cases += [
        Case("window_lengths", (labels(9),), {"reach": 3, "stride": 2, "padding": 1}),
        Case("window_lengths", (labels(9),), {"reach": 5, "stride": 1, "padding": 0}),
    ]
    for steps, channels in ((1, 1), (5, 3), (4, 33)):
        x, lengths, summed = rows(steps, channels), labels(steps + 1), rows(channels)
        cases += [
            Case("mask", (x, lengths), gradients=(0,), rigid=True),
            Case("mask", (x, lengths), {"fill": -3.0}, gradients=(0,), rigid=True),
            Case("last_step", (x,), gradients=(0,), rigid=True),
            Case("last_step", (x, lengths), gradients=(0,), rigid=True),
            Case("last_step_gradient", (summed, lengths), {"steps": steps}, rigid=True),
            Case("mean_steps", (x, lengths), gradients=(0,), rigid=True),
            Case("reverse", (x,), gradients=(0,), rigid=True),
            Case("reverse", (x, lengths), gradients=(0,), rigid=True),
        ]
    return cases


CASES = _masks()
