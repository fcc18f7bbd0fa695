"""Normalizations over the batch, groups of channels, or one sample."""

from __future__ import annotations

from .case import POSITIVE, Case, fixed, rows


def _normalizations() -> list[Case]:
    running = (fixed(3), fixed(3, **POSITIVE))
    return [
        Case("layer_norm", (rows(5), fixed(5), fixed(5)), {"eps": 1e-3}, gradients=(0, 1, 2)),
        Case("layer_norm", (rows(2, 3), fixed(3), fixed(3)), gradients=(0, 1, 2)),
        Case("batch_norm", (rows(3), fixed(3), fixed(3), *running), {"eps": 1e-3}, gradients=(0, 1, 2)),
        Case("batch_norm", (rows(2, 2, 3), fixed(3), fixed(3), *running), {"unbiased": 1}, gradients=(0, 1, 2)),
        Case("batch_norm", (rows(18), fixed(18), fixed(18), fixed(18), fixed(18, **POSITIVE)), gradients=(0, 1, 2)),
        Case("batch_norm_inference", (rows(2, 3), fixed(3), fixed(3), *running), {"eps": 1e-3}),
    ]


def _spatial_batch_norms() -> list[Case]:
    cases: list[Case] = []
    for shape in ((2, 3, 3), (5, 18), (1, 1, 2)):
        x, vector, positive = rows(*shape), fixed(shape[-1]), fixed(shape[-1], **POSITIVE)
        figures, figure_squares = rows(shape[-1]), rows(shape[-1], **POSITIVE)
        moving = {"eps": 1e-3, "momentum": 0.2}
        cases += [
            Case("sample_moments", (x,)),
            Case("fold_weight", (fixed(3, shape[-1]), vector, positive), {"eps": 1e-2}),
            Case("fold_bias", (vector, vector, vector, positive), {"eps": 1e-2}),
            Case("batch_moments", (x, vector, positive), moving),
            Case("batch_moments", (x, vector, positive), {**moving, "unbiased": 1}),
            Case("combined_moments", (figures, figure_squares, vector, positive), {**moving, "pixels": 6}),
            Case(
                "combined_moments", (figures, figure_squares, vector, positive), {**moving, "pixels": 6, "unbiased": 1}
            ),
            Case("batch_products", (x, x, vector, positive)),
            Case("normalize", (x, vector, positive, vector, vector)),
            Case("sample_products", (x, x, vector, positive)),
            Case("normalize_gradient", (x, x, vector, positive, vector, vector, vector)),
        ]
    return cases


def _group_norms() -> list[Case]:
    cases = [Case("group_norm", (rows(2, 3), fixed(3), fixed(3)), {"eps": 1e-3}, gradients=(0, 1, 2))]
    for shape, groups in [((3, 4), 2), ((2, 2, 6), 3), ((3, 2, 40), 5), ((5, 18), 18), ((2, 3, 48), 2), ((3, 33), 3)]:
        x, vector = rows(*shape), fixed(shape[-1])
        attributes = {"groups": groups, "eps": 1e-2}
        cases.append(Case("group_norm", (x, vector, vector), attributes, gradients=(0, 1, 2), rigid=True))
    return cases


CASES = [*_normalizations(), *_spatial_batch_norms(), *_group_norms()]
