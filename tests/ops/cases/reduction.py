"""Sums and means over axes, and the broadcast that undoes them."""

from __future__ import annotations

from .case import Case, rows


def _reductions() -> list[Case]:
    cases: list[Case] = []
    for shape, *reduced in [
        ((17,), (0,)),
        ((1,), (-1,)),
        ((5, 33), (-1,), (0,), (0, 1)),
        ((6, 3, 16), (0, 1), (0,), (1,), (1, 2), (0, 1, 2), (0, 2)),
        ((2, 3, 2, 3), (1, 2), (1,), ()),
    ]:
        for over in reduced:
            for op in ("sum", "mean"):
                cases.append(Case(op, (rows(*shape),), {"over": over}, gradients=(0,), rigid=True))
    cases += [
        Case("broadcast", (rows(1, 3),), {"axes": ((4, 1), (3, 3))}, gradients=(0,), rigid=True),
        Case("broadcast", (rows(2, 1),), {"axes": ((2, 2), (33, 1))}, gradients=(0,), rigid=True),
    ]
    return cases


CASES = _reductions()
