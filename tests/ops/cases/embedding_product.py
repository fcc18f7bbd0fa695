"""Products with the rows of a batch made of numbers and embeddings."""

from __future__ import annotations

from .case import ROW_NUMBERS, Case, codes, fixed, picks, rows


def _products() -> list[Case]:
    fields = ((2, 5, 3), (0, 6, 0), (1, 40, 16))
    alone, wide = ((0, 2, 1),), ((0, 20, 33), (1, 5, 15))
    tables = fixed(5, 3), fixed(40, 16)
    return [
        Case("table_indices", (codes(3, 5), ROW_NUMBERS), {"numbers": 2, "fields": fields}),
        Case("table_indices", (codes(1, 2), ROW_NUMBERS), {"fields": alone}),
        Case("table_products", (fixed(27, 17), *tables), {"numbers": 2, "fields": fields}, gradients=(0, 1, 2)),
        Case("table_products", (fixed(9, 18),), {"numbers": 3, "fields": ((0, 6, 0),)}, gradients=(0,)),
        Case("table_products", (fixed(1, 1), fixed(2, 1)), {"fields": alone}, gradients=(0, 1)),
        Case(
            "table_products",
            (fixed(65, 9), fixed(20, 33), fixed(5, 15)),
            {"numbers": 17, "fields": wide},
            gradients=(0, 1, 2),
        ),
        Case("table_products_weight_gradient", (fixed(54, 32), *tables), {"numbers": 2, "fields": fields}),
        Case(
            "table_products_table_gradient",
            (fixed(9, 16), fixed(20, 16)),
            {"first": 1, "place": 2, "size": 7, "width": 18},
        ),
        Case(
            "table_products_table_gradient",
            (fixed(3, 270), fixed(2, 270)),
            {"first": 0, "place": 0, "size": 2, "width": 2},
        ),
        Case("sum_table_products", (picks(2, 5), fixed(11, 17)), gradients=(1,)),
        Case("sum_table_products", (picks(20, 1), fixed(21, 1), rows(17)), gradients=(1,)),
        Case("sum_table_products", (picks(1, 40), fixed(41, 33), rows(16)), gradients=(1,)),
        Case("sum_table_products_gradient", (rows(16), picks(3, 5), rows(1)), {"rows": 16}),
        Case("sum_table_products_gradient", (rows(15), picks(17, 2)), {"rows": 35}),
    ]


CASES = _products()
