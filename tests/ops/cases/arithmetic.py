"""Sums, differences, products and quotients of two values, one of which may be smaller than the other."""

from __future__ import annotations

from dataclasses import replace

from .case import POSITIVE, Case, fixed, rows


def _broadcasts() -> list[Case]:
    cases: list[Case] = []
    for shape, *others in [
        ((3,), fixed(3), rows(1)),
        ((17,), fixed(17), rows(1), fixed(1)),
        ((4, 33), fixed(33), rows(4, 1), rows(1, 33), rows(1, 1), fixed(1), fixed(4, 33), fixed(4, 1)),
        ((3, 2, 5), rows(1, 1, 5), rows(3, 2, 1), rows(3, 1, 1), rows(1, 2, 5), rows(3, 1, 5), fixed(2, 5)),
        ((2, 1, 3, 16), rows(1, 1, 1, 16), rows(2, 1, 1, 1), fixed(2, 1, 1, 16), fixed(3, 16)),
        ((3, 1), rows(1, 1)),
    ]:
        for other in others:
            cases.append(Case("multiply", (rows(*shape), other), gradients=(0, 1), rigid=True))
            divisor = replace(other, low=1.0)
            cases.append(Case("divide", (rows(*shape), divisor), gradients=(0, 1), rigid=True))
        for op in ("add", "subtract"):
            cases += [Case(op, (rows(*shape), other), gradients=(0, 1), rigid=True) for other in others[:2]]
    cases.append(Case("multiply", (rows(2, 3), fixed()), rigid=True))
    return cases


CASES = [
    Case("add_bias", (rows(5), fixed(5)), gradients=(0, 1)),
    Case("add_bias", (rows(2, 3), fixed(3)), gradients=(0, 1)),
    Case("add", (rows(2, 3), rows(2, 3)), gradients=(0, 1)),
    Case("subtract", (rows(2, 3), rows(2, 3)), gradients=(0, 1)),
    Case("multiply", (rows(3), rows(3)), gradients=(0, 1)),
    Case("divide", (rows(2, 3), rows(2, 3, **POSITIVE)), gradients=(0, 1)),
    *_broadcasts(),
]
