"""Rounding to bfloat16, and products of pairs of such numbers."""

from __future__ import annotations

from .case import Case, fixed, rows

MATRICES = [fixed(4, 3), fixed(90, 3), fixed(4, 600)]
CASES = [
    *[Case("bfloat16_matmul", (rows(w.shape[0]), w), through=("pair_channels", "pair_inputs")) for w in MATRICES],
    Case("bfloat16_matmul", (rows(2, 90), fixed(90, 3)), through=("pair_channels", "pair_inputs"), rigid=True),
    Case("bfloat16_matmul", (rows(600), fixed(600, 3)), through=("pair_channels", "pair_inputs"), rigid=True),
    Case("bfloat16_matmul", (rows(3), fixed(4, 3)), through=("pair_channels", "pair_outputs")),
    Case("bfloat16_matmul", (rows(2, 33), fixed(70, 33)), through=("pair_channels", "pair_outputs"), rigid=True),
    Case("bfloat16_weight_gradient", (rows(4), rows(3)), through=("pair_samples", "pair_samples")),
    Case("bfloat16_weight_gradient", (rows(5, 4), rows(5, 3)), through=("pair_steps", "pair_steps")),
    Case("bfloat16_weight_gradient", (rows(3, 2, 4), rows(3, 2, 3)), through=("pair_steps", "pair_steps")),
    Case("pair_outputs", (fixed(3, 1, 18, 3),)),
    Case("pair_inputs", (fixed(3, 1, 18, 3),)),
    Case("pair_inputs", (fixed(3, 3, 17),), rigid=True),
    Case("pair_outputs", (fixed(3, 3, 40),), rigid=True),
    Case("round_bfloat16", (rows(3, 4),)),
    Case("round_weights", (fixed(3, 4),)),
]
