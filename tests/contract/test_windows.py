"""Cpu kernels over windows of every kind against the reference: no shortcut by shape may change a number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from dltool.kernels.geometry import Geometry
from dltool.kernels.reference.conv import conv, conv_weight_gradient
from dltool.kernels.winograd import SMALL, is_tileable, points
from dltool.ops.op import ShapeError
from dltool.ops.windows import Padding, window
from tests.ops.cases import Case, fixed, rows

from .bound import Bound, by_reference
from .test_kernels import assert_close, single

CONVOLUTIONS = 240
POOLS = 80
PLANNED, COMING = 5, (1, 5, 4)  # rows planned for, and rows that come
WIDTHS = (1, 2, 3, 16, 17)


def axis(generator: np.random.Generator, *, dilates: bool, level: bool) -> tuple[int, int, int, int, int, int]:
    """Size, windows, kernel, stride, dilation and padding before the first place, of an axis that has a window.

    Where `level`, the kernel has one place and there are as many windows as places, wherever they lie.
    """
    while True:
        size = int(generator.choice([1, 2, 3, 4, 5, 6, 9, 13]))
        kernel = 1 if level else int(generator.choice([1, 1, 2, 3, 3, 4, 5]))
        stride, dilation = int(generator.choice([1, 1, 2, 3, 4])), int(generator.choice([1, 1, 2, 3])) if dilates else 1
        padding: Padding = ["valid", "same", 0, 1, 2, 3][generator.integers(6)]
        if not dilates and isinstance(padding, int) and padding >= kernel:
            continue  # a pool never sees padding alone
        try:
            count, before = window(size, kernel, stride, padding, dilation)
        except ShapeError:
            continue
        if level and count != size:
            continue
        return size, count, kernel, stride, dilation, before


def geometries(count: int, *, dilates: bool) -> Iterator[tuple[Geometry, np.random.Generator]]:
    """Windows over images and, every fourth time, over series."""
    for seed in range(count):
        generator = np.random.default_rng([seed, count])
        level = dilates and seed % 3 == 0
        high = axis(generator, dilates=dilates, level=level) if seed % 4 else (1, 1, 1, 1, 1, 0)
        wide = axis(generator, dilates=dilates, level=level)
        yield Geometry(*(number for pair in zip(high, wide, strict=True) for number in pair)), generator


def convolutions() -> Iterator[Case]:
    """Forward, backward and depthwise convolutions; in Winograd's form too, where there are tiles for it."""
    for seed, (geometry, generator) in enumerate(geometries(CONVOLUTIONS, dilates=True)):
        g, axes = geometry, 2 if seed % 4 else 1
        large, small = (g.height, g.width)[-axes:], (g.out_height, g.out_width)[-axes:]
        kernel = (g.kernel_height, g.kernel_width)[-axes:]
        depth, width = (int(generator.choice(WIDTHS)) for _ in range(2))
        both = {"attributes": g._asdict(), "gradients": (0, 1), "rigid": True}
        weight = fixed(*kernel, depth, width)
        yield Case("conv", (rows(*large, depth), weight), **both)
        yield Case("conv_data_gradient", (rows(*small, width), weight), **both)
        yield Case("depthwise", (rows(*large, width), fixed(*kernel, 1, width)), **both)
        if is_tileable(geometry):
            inputs = rows(*large, depth), rows(*small, width)
            yield Case("winograd_weight_gradient", inputs, {"groups": 2, **g._asdict()}, rigid=True)


def pools() -> Iterator[Case]:
    """The largest, and both kinds of means."""
    for seed, (geometry, generator) in enumerate(geometries(POOLS, dilates=False)):
        axes = 2 if seed % 4 else 1
        x = rows(*(geometry.height, geometry.width)[-axes:], int(generator.choice(WIDTHS)))
        yield Case("max_pool", (x,), geometry._asdict(), gradients=(0,))
        for include in (0, 1):
            attributes = {**geometry._asdict(), "include_padding": include}
            yield Case("average_pool", (x,), attributes, gradients=(0,))


@pytest.mark.parametrize("case", [*convolutions(), *pools()], ids=str)
def test_windows_see_what_the_reference_says(case: Case):
    graph, _, _ = case.build()
    arrays = case.arrays(PLANNED, "float32")
    bound = Bound(graph, arrays, PLANNED, threads=1)
    for count in COMING:
        step = single(case.step(PLANNED, count))
        values = bound.run(step)
        for node in bound.program.nodes:
            for name, expected in by_reference(node, {**values, **arrays}, step).items():
                assert_close(values[name], expected, f"{case} {name}, {count} rows", least=1.0)


WITH_POINTS = [g for g, _ in geometries(1200, dilates=True) if is_tileable(g)]


@pytest.mark.parametrize("geometry", WITH_POINTS, ids=str)
def test_what_meets_only_zeros_is_zero_in_winograds_form(geometry: Geometry):
    g, depth, width = geometry, 17, 5
    generator = np.random.default_rng(g.height + 31 * g.width)
    samples = 2
    x, dy = rows(g.height, g.width, depth), rows(g.out_height, g.out_width, width)
    number = points(g.kernel_height) * points(g.kernel_width)
    forward = Case("winograd", (x, fixed(number, depth, width)), g._asdict(), rigid=True)
    backward = Case("winograd_weight_gradient", (x, dy), {"groups": 1, **g._asdict()}, rigid=True)
    seen, given = (
        (generator.random((samples, *shape, 1)) < 0.1).astype(np.float32)
        for shape in ((g.height, g.width), (g.out_height, g.out_width))
    )
    kernel = np.ones((g.kernel_height, g.kernel_width, 1, 1), np.float32)
    met = conv(seen, kernel, **g._asdict()) > 0, conv_weight_gradient(seen, given, groups=1, **g._asdict()) > 0
    for case, pixels in zip((forward, backward), met, strict=True):
        graph, node, _ = case.build()
        arrays = case.arrays(samples, "float32")
        arrays["input_0"] *= seen
        if case is backward:
            arrays["input_1"] *= given
        made = Bound(graph, arrays, samples, threads=1).run(single(case.step(samples)))[node.outputs[0].name]
        np.testing.assert_array_equal(made != 0, np.broadcast_to(pixels, made.shape))


@pytest.mark.parametrize("geometry", [g for g in WITH_POINTS if g.out_height * g.out_width <= SMALL], ids=str)
def test_single_channels_of_small_images_are_looked_at(geometry: Geometry):
    g, depth, width, samples = geometry, 17, 21, 2
    x, dy = rows(g.height, g.width, depth), rows(g.out_height, g.out_width, width)
    case = Case("winograd_weight_gradient", (x, dy), {"groups": 1, **g._asdict()}, rigid=True)
    graph, node, _ = case.build()
    arrays, generator = case.arrays(samples, "float32"), np.random.default_rng(g.height + 31 * g.width)
    for name in ("input_0", "input_1"):
        arrays[name] *= generator.random(arrays[name].shape) < 0.15
    seen, given = np.abs(arrays["input_0"]), np.abs(arrays["input_1"])
    met = [
        conv_weight_gradient(one, other, groups=1, **g._asdict()) > 0
        for one, other in (
            (seen, given.sum(axis=-1, keepdims=True)), (seen.sum(axis=-1, keepdims=True), given), (seen, given),
        )
    ]  # fmt: skip
    made = Bound(graph, arrays, samples, threads=1).run(single(case.step(samples)))[node.outputs[0].name]
    idle = ~(met[0] & met[1])
    assert idle.any()
    assert not made[idle].any()
    assert made[met[2]].all()
