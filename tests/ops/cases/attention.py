"""Attention of several heads."""

from __future__ import annotations

from typing import Any

from .case import Case, Input, rows


def _attentions() -> list[Case]:
    cases = []
    for steps, width, heads, groups in ((1, 1, 1, 1), (5, 3, 2, 2), (3, 16, 2, 1), (4, 10, 4, 2), (19, 5, 1, 1)):
        q, k = (rows(steps, width * number, low=-0.3, high=0.3) for number in (heads, groups))
        v = rows(steps, width * groups)
        for causal in (0, 1):
            fields: dict[str, Any] = {"heads": heads, "groups": groups, "causal": causal, "scale": width**-0.5}
            cases.append(Case("attention", (q, k, v), fields, gradients=(0, 1, 2), rigid=True))
            known = (q, k, v, Input((), min(2, steps), steps + 1, "int64"))
            cases.append(Case("attention", known, fields, gradients=(0, 1, 2), rigid=True))
    return cases


CASES = _attentions()
