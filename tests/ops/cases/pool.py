"""The largest and the mean of windows."""

from __future__ import annotations

from .case import Case, rows, windows


def _pools() -> list[Case]:
    cases = []
    for large, *rest in [
        ((4, 4), (2, 2), (2, 2)),
        ((5, 7), (2, 2), (2, 2)),  # a row and a column in no window
        ((5, 4), (3, 3), (2, 2), ("same", "same")),
        ((7, 5), (3, 2), (1, 1), (1, 1)),
        ((6, 5), (2, 1), (3, 2)),  # stride > size
        ((3, 3), (3, 3), (3, 3)),
        ((2, 2), (3, 3), (1, 1), (2, 1)),  # size > image
        ((1, 1), (1, 1), (1, 1)),
    ]:
        x, attributes = rows(*large, 3), windows(large, *rest)
        cases.append(Case("max_pool", (x,), attributes, gradients=(0,)))
        cases.append(Case("average_pool", (x,), attributes, gradients=(0,)))
        cases.append(Case("average_pool", (x,), {**attributes, "include_padding": 1}, gradients=(0,)))
    series = windows((1, 9), (1, 4), (1, 2), ("valid", 1))
    cases += [Case(f"{name}_pool", (rows(9, 3),), series, gradients=(0,)) for name in ("max", "average")]
    return cases


CASES = _pools()
