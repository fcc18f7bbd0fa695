"""Products with a matrix of weights, and of two batches of matrices."""

from __future__ import annotations

from .case import Case, fixed, rows


def _batched_products() -> list[Case]:
    cases: list[Case] = []
    for matrices, m, k, n in [
        ((), 1, 1, 1),
        ((), 3, 5, 2),
        ((), 7, 16, 17),
        ((2,), 17, 33, 15),
        ((3,), 16, 32, 48),
        ((2, 3), 5, 18, 4),
        ((), 2, 300, 3),
        ((), 34, 3, 5),
    ]:
        x, y = rows(*matrices, m, k), rows(*matrices, k, n)
        turned_x, turned_y = rows(*matrices, k, m), rows(*matrices, n, k)
        for given, attributes in [
            ((x, y), {}),
            ((turned_x, y), {"transpose_x": 1}),
            ((x, turned_y), {"transpose_y": 1}),
        ]:
            cases.append(Case("batched_matmul", given, attributes, gradients=(0, 1), rigid=True))
    return cases


CASES = [
    Case("matmul", (rows(4), fixed(4, 3)), gradients=(0, 1)),
    Case("matmul", (rows(2, 4), fixed(4, 1)), gradients=(0, 1)),
    Case("matmul_data_gradient", (rows(3), fixed(4, 3)), gradients=(0, 1)),
    Case("matmul_data_gradient", (rows(2, 1), fixed(4, 1)), gradients=(0, 1)),
    *_batched_products(),
]
