"""What changes the parameters after the backward."""

from __future__ import annotations

from .case import POSITIVE, Case, fixed


def _updates() -> list[Case]:
    w, g, slot = fixed(3, 4), fixed(3, 4), fixed(3, 4, **POSITIVE)
    sgd = (0.1, -0.1, 1.0, 0.9, 0.01, 0.02)
    return [
        Case("sgd", (w, g), {"decays": 1}, scalars=sgd),
        Case("momentum", (w, slot, g), {"nesterov": 1, "decays": 1}, scalars=sgd),
        Case("adam", (w, slot, slot, g), {"decays": 1}, scalars=(0.1, 2.0, 0.9, 0.1, 0.999, 0.001, 1e-8, 0.01, 0.02)),
        Case("rmsprop", (w, slot, g), scalars=(0.1, 0.9, 1e-7, 1e-8, 0.01, 0.02)),
        Case("adagrad", (w, slot, g), scalars=(0.1, 1e-7, 1e-8, 0.01, 0.02)),
        Case("lion", (w, slot, g), {"decays": 1}, scalars=(0.1, 0.9, 0.99, 0.01, 0.02)),
        Case("average", (w, slot), {"decay": 0.9}),
        Case("accumulate", (g, slot)),
        Case("sum_gradients", (g, slot)),
        *(Case("add_shard", (g, slot, slot, slot), shard=shard) for shard in ((0, 7), (1, 7), (3, 7), (5, 6), (6, 7))),
        *(Case("restart_statistic", (fixed(4), fixed(4)), shard=(number, 3)) for number in (0, 1)),
        Case("mean_of_shards", (fixed(4), fixed(4)), shard=(2, 3)),
        Case("clip_value", (g,), {"limit": 0.5}),
        Case("square_sum", (g,)),
        Case("square_sum", (fixed(4),)),
        Case("clip_scale", (fixed(4, **POSITIVE), fixed(1, **POSITIVE)), {"limit": 0.5, "eps": 1e-6}),
        Case("scale_gradient", (g, fixed())),
    ]


CASES = _updates()
