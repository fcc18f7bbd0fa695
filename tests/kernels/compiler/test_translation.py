"""What kernels may say: each function means the same compiled as it does in Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy import float32, uint32

from dltool.kernels.compiler import types
from dltool.kernels.compiler.function import TranslationError
from dltool.kernels.compiler.source import function_of
from dltool.kernels.cpu.pointers import float_pointer, integer_pointer
from tests.kernels.compiler.compiled import compiled

NUMBERS = (-7, -1, 0, 1, 3, 8)
SMALL = 4


class Pair(NamedTuple):
    left: int
    right: int


def arithmetic(a, b):
    return (a + b) * a - b * 3 + (a & b) + (a | 5) + (a ^ b) + (a << 2) + (a >> 1)


def quotients(a, b):
    return a // 3 * 1000 + a % 3 * 100 + a // 4 * 10 + a % 4 + (a // -3) * 7 + (b // 5)


def quotient_of_variables(a, b):
    divisor = b if b != 0 else 2
    return a // divisor * 100 + a % divisor


def truths(a, b):
    is_large = a > 0 and b > 0 and 8 // a >= 1
    return 1 * is_large + 2 * (a < 0 or b == 3) + 4 * (not a) + 8 * (-2 < a <= b < 8)


def choice(a, b):
    return a if a > b else b if b > 0 else -1


def extremes(a, b):
    return max(a, b, 2) * 100 + min(a, b) + abs(a)


def branches(a, b):
    if a < 0:
        if b < 0:
            return 1
        total = b
    elif a == 0:
        return 2
    else:
        total = a * 10
    return total + 3


def loops(a, b):
    total = 0
    for i in range(a, b):
        if i == 0:
            continue
        if i > 5:
            break
        total += i * 10
    for i in range(9, a, -2):
        total = total + i
    for i in range(SMALL):
        total += i * b
    while total > 100:
        total //= 2
    return total


def a_variable_of_the_loop_may_change(a, b):
    total = 0
    for i in range(4):
        i = i * 2
        total += i
    return total + a


def tuples(a, b):
    pair, (c, d) = (a, b), (b, a)
    x, y = pair if a > b else (c, d)
    named = Pair(x, y)
    return named.left * 10 + named.right + pair[1] + len(pair)


def several(a, b):
    return a + b, a - b


def calls(a, b):
    total, difference = several(a, b)
    first, second = several(*several(b, a))
    return total * 3 + difference + first * second + with_default(a) + with_default(a, factor=b)


def with_default(number, factor=SMALL):
    return number * factor


def each_of_a_tuple(a, b):
    total = 0
    for one, other in ((a, b), (b, 1), (3, a)):
        total = total * 2 + one * other
    return total


def words(a, b):
    word = uint32(a) * uint32(3)
    return int(uint32(word)) + int(uint32(b) >> uint32(28))


def a_name_for_another_type(a, b):
    number = a * 0.5
    number = 2 if number > 1 else 1
    if a > b:
        part = a * 2
        number += part
    else:
        part = b * 0.5
        number += int(part * 2.0)
    return number


INTEGERS = [
    arithmetic, quotients, quotient_of_variables, truths, choice, extremes, branches, loops,
    a_variable_of_the_loop_may_change, tuples, calls, each_of_a_tuple, a_name_for_another_type,
]  # fmt: skip


def of_integers(function: Callable[..., Any]) -> Callable[[int, int], int]:
    def call(out, a, b):
        integer_pointer(out)[0] = function(a, b)

    machine_code, out = compiled(call, *[types.int64] * 3), np.zeros(1, np.int64)
    return lambda a, b: (machine_code(out.ctypes.data, a, b), int(out[0]))[1]


@pytest.mark.parametrize("function", INTEGERS, ids=lambda function: function.__name__)
def test_integers(function: Callable[..., Any]):
    run = of_integers(function)
    for a, b in product(NUMBERS, NUMBERS):
        assert run(a, b) == int(function(a, b)), (a, b)


def test_words_have_32_bits():
    run = of_integers(words)
    for a, b in product(NUMBERS, NUMBERS):
        assert run(a, b) == (a % 2**32 * 3 % 2**32) + (b % 2**32 >> 28)


def test_a_quotient_by_zero_is_zero():
    assert of_integers(quotient_and_remainder)(5, 0) == 0


def quotient_and_remainder(a, b):
    return a // b + a % b


def float_arithmetic(a, b):
    return (a + b) * a - b / 3.0 + abs(a) - (-b)


def float_functions(a, b):
    return math.sqrt(abs(a)) + math.exp(b) + math.log1p(abs(b)) + math.pow(abs(a), 1.5) + max(a, b, 0.0) * 2.0**-3


def float_comparisons(a, b):
    return 1.0 * (a < b) + 2.0 * (a == b) + 4.0 * (a != b) + 8.0 * (a >= b)


@pytest.mark.parametrize("function", [float_arithmetic, float_functions, float_comparisons])
def test_floats(function: Callable[..., Any]):
    def call(out, a, b):
        float_pointer(out)[0] = function(a, b)

    machine_code, out = compiled(call, types.int64, types.float64, types.float64), np.zeros(1, np.float32)
    for a, b in product((-1.5, 0.0, 0.7, 3.0, math.nan), (-2.0, 0.0, 0.7)):
        machine_code(out.ctypes.data, a, b)
        np.testing.assert_allclose(out[0], float32(function(a, b)), rtol=1e-6)


def test_a_float32_stays_one_among_its_kind():
    def call(out, a, b):
        float_pointer(out)[0] = a * b + float32(0.1)

    machine_code, out = compiled(call, types.int64, types.float32, types.float32), np.zeros(1, np.float32)
    machine_code(out.ctypes.data, 0.3, 0.7)
    assert out[0] == float32(0.3) * float32(0.7) + float32(0.1)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("out[0] = missing", "'missing' has no value here"),
        ("if a > 0:\n        b = 1\n    out[0] = b if a > 0 else c", "'c' has no value here"),
        ("x = 0\n    for i in range(a):\n        x = x + 0.5\n    out[0] = x", "'x' was int64, and is float64 now"),
        ("if a > 0:\n        x = a\n    else:\n        x = 0.5\n    out[0] = x", "'x' has no value yet"),
        ("out[0] = a[0]", "int64 has no items"),
        ("x, y = a, a, a", "a tuple of 2 values is needed"),
        ("out[0] = print(a)", "cannot be called in a kernel"),
        ("out[0] = out + a", "there is no Add of pointer to int64 and int64"),
        ("for x in a:\n        pass", "loops are over a range or a tuple"),
        ("for x in (a, a):\n        break", "a loop over a tuple is written out, and cannot be left"),
        ("for i in range(a):\n        pass\n    else:\n        out[0] = a", "loops have no else"),
        ("assert a", "kernels have no Assert"),
        ("out[0] = max(a, key=a)", "max takes no named arguments"),
        (
            "if a > 0:\n        x = 1\n        if a:\n            if a > 2:\n                x = 0.5\n    out[0] = x",
            "'x' ",
        ),
        ("x = (1, 2)\n    out[0] = x[2]", "out of range"),
        ("helper(1)", "helper takes one, two"),
    ],
)
def test_what_cannot_be_compiled_is_named_with_its_place(body: str, message: str):
    def helper(one, two): ...

    function = function_of(f"def kernel(out, a):\n    {body}\n", {"helper": helper})
    with pytest.raises(TranslationError, match=r":\d+: ") as raised:
        compiled(function, types.Pointer(types.int64), types.int64)
    assert message in str(raised.value)
