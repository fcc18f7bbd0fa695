"""Convolutions, of all channels or of each alone."""

from __future__ import annotations

from .case import Case, Input, fixed, rows, windows


def _convolutions() -> list[Case]:
    cases = []
    for large, size, *rest in [
        ((3, 3), (2, 2), (1, 1)),
        ((5, 4), (3, 3), (1, 1), ("same", "same")),
        ((5, 6), (3, 2), (2, 2), ("same", "same")),
        ((7, 6), (3, 3), (2, 1), (1, 1), (1, 2)),
        ((6, 7), (2, 2), (3, 4)),  # stride > kernel
        ((3, 3), (5, 5), (1, 1), ("same", "same")),  # kernel > image
        ((3, 2), (1, 1), (1, 1)),
        ((5, 5), (1, 1), (2, 2)),
        ((4, 4), (3, 3), (1, 1), (2, 2), (2, 2)),
        ((1, 1), (1, 1), (1, 1)),
        ((3, 3), (1, 1), (2, 2), (1, 1)),  # as many outputs as inputs, which see other pixels, or zeros
        ((5, 1), (1, 1), (1, 2), (0, "same"), (2, 3)),
    ]:
        attributes = windows(large, size, *rest)
        small = attributes["out_height"], attributes["out_width"]
        for channels, filters in ((1, 3), (17, 2), (3, 17)) if size == (2, 2) else ((3, 2),):
            weight = fixed(*size, channels, filters)
            cases.append(_convolution("conv", rows(*large, channels), weight, attributes))
            cases.append(_convolution("conv_data_gradient", rows(*small, filters), weight, attributes))
            cases.append(_convolution("depthwise", rows(*large, filters), fixed(*size, 1, filters), attributes))
    series = windows((1, 9), (1, 4), (1, 2), ("valid", 1))
    cases.append(_convolution("conv", rows(9, 3), fixed(4, 3, 2), series))
    cases.append(_convolution("conv_data_gradient", rows(4, 2), fixed(4, 3, 2), series))
    cases.append(_convolution("depthwise", rows(9, 18), fixed(4, 1, 18), series))
    return cases


def _convolution(op: str, x: Input, weight: Input, attributes: dict[str, int]) -> Case:
    return Case(op, (x, weight), attributes, gradients=(0, 1), rigid=True)


CASES = _convolutions()
