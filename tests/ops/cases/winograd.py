"""Convolutions by few products."""

from __future__ import annotations

from dltool.kernels.winograd import points

from .case import Case, Input, fixed, rows, windows


def _winograd() -> list[Case]:
    cases = []
    for large, size, padding in [
        ((8, 8), (3, 3), (1, 1)),
        ((5, 7), (3, 3), ("valid", "same")),  # tiles that reach beyond the image
        ((3, 3), (3, 3), ("valid", "valid")),  # a single output
        ((2, 1), (5, 3), (4, 1)),  # larger than the image
        ((9, 6), (5, 5), ("same", 2)),
        ((1, 6), (3, 5), (1, 0)),
        ((6, 9), (1, 3), (0, 1)),
    ]:
        cases += _by_points(windows(large, size, (1, 1), padding), rows(*large, 3), rows(*large, 18))
    for *kernel, depth, width in [(3, 3, 3, 18), (5, 5, 17, 2), (3, 5, 1, 16), (1, 3, 18, 33), (5, 16, 15)]:
        sizes = dict(zip(("kernel_height", "kernel_width"), (1, *kernel)[-2:], strict=True))
        for name in ("winograd_weights", "winograd_turned_weights"):
            cases.append(Case(name, (fixed(*kernel, depth, width),), {**sizes, "channels": depth}, rigid=True))
    for length, size, padding in [(1, 3, 1), (7, 5, "same"), (40, 3, "valid"), (150, 5, 2)]:
        cases += _by_points(windows((1, length), (1, size), (1, 1), (0, padding)), rows(length, 33), rows(length, 16))
    return cases


def _by_points(attributes: dict[str, int], x: Input, other: Input) -> list[Case]:
    """A convolution of one number of channels to another."""
    kernel = {name: attributes[name] for name in ("kernel_height", "kernel_width")}
    places = (attributes["out_height"], attributes["out_width"])[3 - len(x.shape) :]
    depth, width = x.shape[-1], other.shape[-1]
    count = points(kernel["kernel_height"]) * points(kernel["kernel_width"])
    return [
        Case("winograd", (x, fixed(count, depth, width)), attributes, rigid=True),
        *[
            Case("winograd_weight_gradient", (x, rows(*places, width)), {"groups": groups, **attributes}, rigid=True)
            for groups in (16, 32)
        ],
    ]


CASES = _winograd()
