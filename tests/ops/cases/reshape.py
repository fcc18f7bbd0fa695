"""Values that keep their elements and get another shape or order, in part or joined."""

from __future__ import annotations

from .case import Case, fixed, rows


def _moves() -> list[Case]:
    cases: list[Case] = []
    for shape, axis, start, size in [
        ((2, 5), -1, 1, 3),
        ((2, 40), -1, 15, 17),
        ((50,), 0, 16, 33),
        ((5, 17), 0, 1, 3),
        ((4, 3, 2), 0, 2, 2),
        ((4, 3, 2), 1, 0, 1),
        ((3, 16), 1, 0, 16),
    ]:
        attributes = {"axis": axis, "start": start, "size": size}
        cases.append(Case("slice", (rows(*shape),), attributes, gradients=(0,), rigid=True))
    for shape, first, second in [
        ((3, 5), 0, 1),
        ((17, 33), -2, -1),
        ((48, 16), 0, 1),
        ((20, 40), 0, 1),
        ((3, 4, 17), 0, 1),
        ((3, 2, 5), 0, 2),
        ((3, 18, 20), 1, 2),
        ((2, 3, 4, 2), 0, 2),
        ((2, 3, 4, 2), 3, 1),
    ]:
        attributes = {"first": first, "second": second}
        cases.append(Case("transpose", (rows(*shape),), attributes, gradients=(0,), rigid=True))
    return cases


CASES = [
    Case("concat", (rows(3), rows(1), rows(17)), gradients=(0, 1, 2)),
    Case("concat", (rows(2, 3), rows(2, 2)), gradients=(0, 1)),
    Case("split", (rows(2, 6),), {"parts": 3}, rigid=True),
    Case("split", (rows(3, 54),), {"parts": 2}, rigid=True),
    Case("split", (rows(64),), {"parts": 4}, rigid=True),
    Case("split_columns", (fixed(2, 3, 6),), {"parts": 2}, rigid=True),
    Case("split_columns", (fixed(5, 54),), {"parts": 3}, rigid=True),
    Case("split_columns", (fixed(3, 3, 2, 64),), {"parts": 2}, rigid=True),
    Case("join_columns", (fixed(2, 3, 3), fixed(2, 3, 3)), rigid=True),
    Case("join_columns", (fixed(19, 11), fixed(19, 11), fixed(19, 11), fixed(19, 11)), rigid=True),
    Case("join_columns", (fixed(5, 5, 20, 32), fixed(5, 5, 20, 32)), rigid=True),
    Case("reshape", (rows(2, 3),), {"shape": (6,)}, gradients=(0,)),
    Case("reshape", (rows(6),), {"shape": (3, 1, 2)}, gradients=(0,)),
    Case("reshape", (rows(3, 17),), {"shape": (51,)}, gradients=(0,)),
    Case("reshape", (rows(2, 16),), {"shape": (32, 1)}, gradients=(0,)),
    Case("reshape", (rows(2, 3, 32),), {"shape": (4, 48)}, gradients=(0,)),
    Case("reshape", (rows(1, 2, 17),), {"shape": (2, 17)}, gradients=(0,)),
    *_moves(),
]
