"""From step to step."""

from __future__ import annotations

from .case import Case, fixed, rows

#: weights with which errors do not grow from step to step
CALM = {"low": -0.5, "high": 0.5}


def _recurrent() -> list[Case]:
    cases = []
    for steps, units in ((1, 1), (4, 3), (3, 16), (5, 18)):
        state = (rows(units), rows(units))
        lstm = rows(steps, 4 * units), fixed(units, 4 * units, **CALM)
        gru = rows(steps, 3 * units), fixed(units, 3 * units, **CALM), fixed(3 * units)
        simple = rows(steps, units), fixed(units, units, **CALM)
        cases += [
            Case("lstm", lstm, gradients=(0, 1), rigid=True),
            Case("lstm", (*lstm, *state), gradients=(0, 1), rigid=True),
            Case("gru", gru, gradients=(0, 1, 2), rigid=True),
            Case("gru", (*gru, rows(units)), gradients=(0, 1, 2), rigid=True),
            Case("simple_rnn", simple, gradients=(0, 1), rigid=True),
            Case("simple_rnn", (*simple, rows(units)), gradients=(0, 1), rigid=True),
            Case("simple_rnn", simple, {"relu": 1}, gradients=(0, 1), rigid=True),
            Case("previous_step", (rows(steps, units),), rigid=True),
            Case("previous_step", (rows(steps, units), rows(units)), rigid=True),
        ]
        mask, masked = rows(1, units), {"masked": 1}
        cases += [
            Case("lstm", (*lstm, mask), masked, gradients=(0, 1), rigid=True),
            Case("lstm", (*lstm, *state, mask), masked, gradients=(0, 1), rigid=True),
            Case("gru", (*gru, mask), masked, gradients=(0, 1, 2), rigid=True),
            Case("gru", (*gru, rows(units), mask), masked, gradients=(0, 1, 2), rigid=True),
            Case("simple_rnn", (*simple, mask), masked, gradients=(0, 1), rigid=True),
            Case("simple_rnn", (*simple, rows(units), mask), {"relu": 1, **masked}, gradients=(0, 1), rigid=True),
        ]
        cases += [
            Case("load_memory", (fixed(40, units),), rigid=True),
            Case("store_memory", (rows(steps, units), fixed(40, units)), rigid=True),
            Case("row_of_position", (fixed(steps, units),), rigid=True),
        ]
    return cases


CASES = _recurrent()
