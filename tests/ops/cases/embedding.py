"""Tables whose rows codes name."""

from __future__ import annotations

from .case import ROW_NUMBERS, Case, codes, fixed, integers, resident, rows


def _embeddings() -> list[Case]:
    return [
        Case("embedding", (integers(3, size=5), fixed(5, 3)), gradients=(1,), rigid=True),
        Case("embedding", (integers(18, size=40), fixed(40, 33)), gradients=(1,), rigid=True),
        Case("embedding", (integers(7, size=300), fixed(300, 19)), gradients=(1,), rigid=True),
        Case("embedding", (integers(2, 17, size=2), fixed(2, 16)), gradients=(1,), rigid=True),
        Case("gather_codes", (resident(2, 17, dtype="int32", high=9), ROW_NUMBERS)),
        Case("gather_codes", (resident(40, dtype="int32", high=9), ROW_NUMBERS), {"start": 3, "length": 18}),
        Case("gather_codes", (resident(5, dtype="int32", high=9), ROW_NUMBERS), {"start": 4, "length": 1}),
        Case("next_tokens", (integers(2, size=9),)),
        Case("next_tokens", (integers(17, size=9),)),
        Case("next_tokens", (integers(40, size=9),)),
        Case("embed", (codes(1, 5), ROW_NUMBERS, fixed(5, 3)), {"start": 0, "length": 1}, gradients=(2,)),
        Case("embed", (codes(3, 20), ROW_NUMBERS, fixed(20, 17)), {"start": 1, "length": 2}, gradients=(2,)),
        Case("embed", (codes(9, 40), ROW_NUMBERS, fixed(40, 32)), {"start": 2, "length": 7}, gradients=(2,)),
        Case("embed", (codes(2, 1), ROW_NUMBERS, fixed(1, 1)), {"start": 0, "length": 2}, gradients=(2,)),
        Case("embed_gradient", (codes(4, 18), ROW_NUMBERS, rows(16)), {"start": 0, "length": 4, "size": 18}),
        Case("embed_gradient", (codes(1, 1), ROW_NUMBERS, rows(33)), {"start": 0, "length": 1, "size": 1}),
        Case("one_hot", (codes(3, 5), ROW_NUMBERS), {"start": 1, "size": 5}),
        Case("one_hot", (codes(1, 17), ROW_NUMBERS), {"start": 0, "size": 17}),
        Case("one_hot", (codes(3, 2), ROW_NUMBERS, fixed(2)), {"start": 1, "size": 2}),
        Case("one_hot", (codes(1, 17), ROW_NUMBERS, fixed(17)), {"start": 0, "size": 17}),
        Case("mean_rows", (fixed(5, 3), fixed(5)), {"first": ((0,),)}),
        Case("mean_rows", (fixed(30, 33), fixed(7), fixed(18)), {"first": ((3,), (11,))}, rigid=True),
    ]


CASES = _embeddings()
