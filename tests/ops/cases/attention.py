"""Attention of several heads."""

from __future__ import annotations

from typing import Any

from .case import Case, Input, fixed, rows


def _attentions() -> list[Case]:
    cases = []
    for steps, width, heads, groups in ((1, 1, 1, 1), (5, 3, 2, 2), (3, 16, 2, 1), (4, 10, 4, 2), (19, 5, 1, 1)):
        qkv = rows(steps, width * (heads + 2 * groups), low=-0.05, high=0.05)
        for causal in (0, 1):
            fields: dict[str, Any] = {"heads": heads, "groups": groups, "causal": causal, "scale": width**-0.5}
            cases.append(Case("attention", (qkv,), fields, gradients=(0,), rigid=True))
            known = (qkv, Input((), min(2, steps), steps + 1, "int64"))
            cases.append(Case("attention", known, fields, gradients=(0,), rigid=True))
            dropped = {**fields, "rate": 0.3, "stream": 5, "key": 2**63 + 7}
            cases.append(Case("attention", known, dropped, gradients=(0,), rigid=True))
    return cases


def _turns() -> list[Case]:
    cases = []
    for steps, width, heads, rest in ((3, 2, 1, 0), (2, 6, 3, 5), (4, 32, 2, 32), (2, 16, 1, 1)):
        inputs = rows(steps, width * heads + rest), fixed(steps, width)
        for inverse in (0, 1):
            fields = {"heads": heads, "inverse": inverse}
            cases.append(Case("rotary", inputs, fields, gradients=(0,), rigid=True))
    return cases


def _caches() -> list[Case]:
    cases = []
    for context, width, heads, groups in ((1, 1, 1, 1), (9, 3, 2, 2), (200, 16, 4, 2)):
        known = fixed(40, context, width * groups)
        inputs = rows(1, width * (heads + 2 * groups)), known, known
        fields = {"heads": heads, "groups": groups, "scale": width**-0.5}
        cases.append(Case("cached_attention", inputs, fields, rigid=True))
    return cases


CASES = [*_attentions(), *_turns(), *_caches()]
