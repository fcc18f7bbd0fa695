"""The parts that pages are drawn from: marks of axes, matrices of any size, pictures, numbers, escaped text."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import pytest

from dltool.data.inspection.sample_images import pictures_of
from dltool.data.preprocessing.features import ArrayPreparation
from dltool.data.samples.samples import Samples
from dltool.report.axes import counting_axis, fitting_axis, linear_axis
from dltool.report.formats import share, short, shortened
from dltool.report.markup import element, joined, table
from dltool.report.matrix import confusion_matrix, confusions
from dltool.report.pictures import picture


@pytest.mark.parametrize(
    ("axis", "low", "high", "marks"),
    [
        (linear_axis([0.12, 0.93]), 0.0, 1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (linear_axis([0.9712, 0.9741]), 0.971, 0.975, ["0.971", "0.972", "0.973", "0.974", "0.975"]),
        (linear_axis([5.0, 5.0]), 2.0, 8.0, ["2", "3", "4", "5", "6", "7", "8"]),
        (linear_axis([0.0]), -0.6, 0.6, None),
        (linear_axis([]), 0.0, 1.0, None),
        (linear_axis([float("nan"), 3.0, float("inf"), 1.0]), 1.0, 3.0, ["1.0", "1.5", "2.0", "2.5", "3.0"]),
        (linear_axis([-1.5e6, 2.5e6]), -2e6, 3e6, ["-2M", "-1M", "0", "1M", "2M", "3M"]),
        (linear_axis([20e3, 90e3], low=0.0), 0.0, 100e3, ["0", "20k", "40k", "60k", "80k", "100k"]),
        (fitting_axis([0.004, 1.9]), 0.004 / 1.1, 1.9 * 1.1, None),
        (counting_axis(12), 0.0, 12.0, ["0", "5", "10"]),
        (counting_axis(2), 0.0, 2.0, ["0", "1", "2"]),
        (counting_axis(0.3), 0.0, 0.3, ["0"]),
    ],
)
def test_axes(axis, low: float, high: float, marks: list[str] | None):
    assert (axis.low, axis.high) == (pytest.approx(low), pytest.approx(high))
    assert axis.at(axis.low) == pytest.approx(0)
    assert axis.at(axis.high) == pytest.approx(1)
    assert 1 <= len(axis.marks) <= 8
    assert all(-1e-9 <= axis.at(value) <= 1 + 1e-9 for value, _ in axis.marks)
    assert len({text for _, text in axis.marks}) == len(axis.marks)
    if marks:
        assert [text for _, text in axis.marks] == marks


def test_an_axis_is_logarithmic_where_values_differ_by_much():
    axis = fitting_axis([0.001, 1.0])
    assert axis.logarithmic
    assert axis.at(0.0316) == pytest.approx(0.5, abs=0.01)
    assert axis.at(0.0) < 0  # below, not an error
    assert not fitting_axis([0.1, 1.0]).logarithmic
    assert not fitting_axis([-1.0, 1000.0]).logarithmic


@pytest.mark.parametrize(("count", "numbers"), [(2, True), (10, True), (100, False), (251, None)])
def test_a_matrix_suits_the_number_of_classes(count: int, numbers: bool | None):
    names = [f"class {i} <&>" for i in range(count)]
    matrix = (np.eye(count, dtype=int) * 7 + np.eye(count, k=1, dtype=int) * 3).tolist()
    drawn = confusion_matrix(names, matrix)
    if numbers is None:
        assert drawn is None
    else:
        assert drawn is not None
        assert drawn.count("<rect") == 1 + 2 * count - 1
        assert (">7</text>" in drawn) == numbers
        assert "class 0 &lt;&amp;&gt; taken for class 1 &lt;&amp;&gt;: 3 of 10 (30.0 %)" in drawn
        assert "<&>" not in drawn
    assert ">class 0 &lt;&amp;&gt;</th><td>class 1 " in str(confusions(names, matrix))
    assert confusions(names, np.eye(count, dtype=int).tolist()) is None


SHAPES = {
    (28, 28): (28, 28, 1),
    (32, 32, 3): (32, 32, 3),
    (8, 30): (8, 30, 1),
    (140, 2): None,  # a series
    (64,): None,
    (4, 4): None,
    (10, 10, 7): None,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_arrays_that_are_pictures(shape: tuple[int, ...]):
    part = Samples(np.zeros((2, *shape), np.float32), np.zeros(2, np.int64), np.zeros((2, 0), np.int32))
    found = pictures_of(ArrayPreparation(shape, "float32", None), part)
    assert (None if found is None else found.shape[1:]) == SHAPES[shape]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_holds_its_pixels(channels: int):
    pixels = np.arange(6 * 7 * channels, dtype=np.uint8).reshape(6, 7, channels)
    png = base64.b64decode(str(picture(pixels, 'a "seven"')).partition("base64,")[2].partition('"')[0])
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (7, 6)
    length = struct.unpack(">I", png[33:37])[0]
    rows = np.frombuffer(zlib.decompress(png[41 : 41 + length]), np.uint8).reshape(6, 1 + 7 * channels)
    np.testing.assert_array_equal(rows[:, 1:].reshape(pixels.shape), pixels)


def test_numbers_in_words():
    numbers = {0.0: "0", 1234.6: "1,235", 0.000123456: "0.0001235", -45.678: "-45.68", 3e12: "3e+12"}
    assert {value: short(value) for value in numbers} == numbers
    shares = {0.0: "0 %", 1.0: "100 %", 0.99999: "99.9 %", 0.0001: "< 0.1 %", 0.5: "50.0 %"}
    assert {value: share(value) for value in shares} == shares
    assert shortened("a long sentence", 8) == "a long…"


def test_text_is_never_taken_for_markup():
    assert element("p", "a < b", element("b", "&"), title='"', hidden=True, class_=None) == (
        '<p title="&quot;" hidden>a &lt; b<b>&amp;</b></p>'
    )
    assert joined("<", None, ["a", element("br")]) == "&lt;a<br>"
    assert "&lt;i&gt;" in table(("<i>",), [("<i>",)])
