"""Images made larger or smaller: upsampled, padded, cropped."""

from __future__ import annotations

from .case import Case, rows


def _resampling() -> list[Case]:
    cases = []
    for height, width, down, right in [(2, 3, 2, 2), (3, 2, 3, 1), (1, 1, 4, 3), (4, 1, 1, 2), (3, 3, 5, 2)]:
        attributes = {"height": height, "width": width, "factor_height": down, "factor_width": right}
        for name in ("nearest", "bilinear"):
            cases.append(Case(f"upsample_{name}", (rows(height, width, 3),), attributes, gradients=(0,)))
    longer = {"height": 1, "width": 4, "factor_width": 3}
    cases += [Case(f"upsample_{name}", (rows(4, 3),), longer, gradients=(0,)) for name in ("nearest", "bilinear")]
    for top, bottom, left, right in [(1, 1, 1, 1), (0, 2, 3, 0), (0, 0, 0, 0)]:
        border = {"height": 2, "width": 3, "top": top, "bottom": bottom, "left": left, "right": right}
        cases.append(Case("pad", (rows(2, 3, 3),), border, gradients=(0,)))
        cases.append(Case("crop", (rows(2 + top + bottom, 3 + left + right, 3),), border, gradients=(0,)))
    ends = {"height": 1, "width": 3, "left": 1, "right": 2}
    cases.append(Case("pad", (rows(3, 2),), ends, gradients=(0,)))
    cases.append(Case("crop", (rows(6, 2),), ends, gradients=(0,)))
    return cases


CASES = _resampling()
