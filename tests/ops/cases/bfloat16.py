"""Rounding to bfloat16, and products of pairs of such numbers."""

from __future__ import annotations

from .case import Case, fixed, rows, windows


def _convolutions() -> list[Case]:
    cases = []
    for large, size, *rest in [
        ((5, 6), (3, 2), (2, 2), ("same", "same")),
        ((7, 6), (3, 3), (2, 1), (1, 1), (1, 2)),
        ((6, 7), (2, 2), (3, 4)),
        ((3, 3), (5, 5), (1, 1), ("same", "same")),
        ((3, 2), (1, 1), (1, 1)),
        ((5, 5), (1, 1), (2, 2)),
        ((5, 1), (1, 1), (1, 2), (0, "same"), (2, 3)),
        ((1, 9), (1, 4), (1, 2), ("valid", 1)),
    ]:
        attributes = windows(large, size, *rest)
        small = attributes["out_height"], attributes["out_width"]
        for channels, filters in ((3, 17), (50, 2), *([(110, 110)] if large == (6, 7) else [])):
            x, dy, w = rows(*large, channels), rows(*small, filters), fixed(*size, channels, filters)
            sizes = {"groups": 16, "channels": channels, "filters": filters, **attributes}
            for name, inputs, given, through in [
                ("bfloat16_conv", (x, w), attributes, ("pair_channels", "pair_inputs")),
                ("bfloat16_conv_data_gradient", (dy, w), attributes, ("pair_channels", "pair_outputs")),
                ("bfloat16_conv_weight_gradient", (x, dy), sizes, ("pair_channels", "pair_channels")),
            ]:
                cases.append(Case(name, inputs, given, through=through, rigid=True))
    return cases


def _recurrent() -> list[Case]:
    cases = []
    for steps, units in ((1, 1), (4, 3), (2, 18), (3, 40)):
        x, y, mask, weights = rows(steps, 4 * units), rows(steps, units), rows(1, units), {"low": -0.5, "high": 0.5}
        w = fixed(units, 4 * units, **weights)
        thirds, bias, third = fixed(units, 3 * units, **weights), fixed(3 * units), rows(steps, 3 * units)
        square = fixed(units, units, **weights)
        masked = {"masked": 1}
        for name, inputs, attributes in [
            ("lstm", (x, w), {}),
            ("lstm", (x, w, rows(units), rows(units), mask), masked),
            ("lstm_gradient", (x, w, y, y), {}),
            ("lstm_gradient", (x, w, y, y, mask), masked),
            ("gru", (third, thirds, bias, mask), masked),
            ("gru_gradient", (third, thirds, y, y, y), {}),
            ("simple_rnn", (y, square), {"relu": 1}),
            ("simple_rnn_gradient", (y, square, y, mask), masked),
        ]:
            order = "pair_outputs" if name.endswith("gradient") else "pair_inputs"
            cases.append(Case(f"bfloat16_{name}", inputs, attributes, through=("", order), rigid=True))
    return cases


MATRICES = [fixed(4, 3), fixed(90, 3), fixed(4, 600), fixed(33, 110)]
CASES = [
    *_convolutions(),
    *_recurrent(),
    *[Case("bfloat16_matmul", (rows(w.shape[0]), w), through=("pair_channels", "pair_inputs")) for w in MATRICES],
    Case("bfloat16_matmul", (rows(2, 90), fixed(90, 3)), through=("pair_channels", "pair_inputs"), rigid=True),
    Case("bfloat16_matmul", (rows(600), fixed(600, 3)), through=("pair_channels", "pair_inputs"), rigid=True),
    Case("bfloat16_matmul", (rows(3), fixed(4, 3)), through=("pair_channels", "pair_outputs")),
    Case("bfloat16_matmul", (rows(2, 33), fixed(70, 33)), through=("pair_channels", "pair_outputs"), rigid=True),
    Case("bfloat16_weight_gradient", (rows(4), rows(3)), through=("pair_samples", "pair_samples")),
    Case("bfloat16_weight_gradient", (rows(110), rows(20)), through=("pair_samples", "pair_samples")),
    Case("bfloat16_weight_gradient", (rows(5, 4), rows(5, 3)), through=("pair_steps", "pair_steps")),
    Case("bfloat16_weight_gradient", (rows(3, 2, 4), rows(3, 2, 3)), through=("pair_steps", "pair_steps")),
    Case("pair_outputs", (fixed(3, 1, 18, 3),)),
    Case("pair_inputs", (fixed(3, 1, 18, 3),)),
    Case("pair_inputs", (fixed(3, 3, 17),), rigid=True),
    Case("pair_inputs", (fixed(2, 35, 3),), rigid=True),
    Case("pair_outputs", (fixed(3, 3, 40),), rigid=True),
    Case("round_bfloat16", (rows(3, 4),)),
    Case("round_weights", (fixed(3, 4),)),
]
