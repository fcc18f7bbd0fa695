"""Axes of charts: their range, the position of a value, and the tick marks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: marks on an axis, about
MARKS = 5
#: from this ratio of the largest to the smallest value on, a logarithmic axis shows more
SPREAD = 30.0


@dataclass(frozen=True)
class Axis:
    """From the value `low` to `high`, with marks in between."""

    low: float
    high: float
    marks: tuple[tuple[float, str], ...]
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high end."""
        if self.logarithmic:
            if value <= 0:
                return -1.0
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def linear_axis(values: Iterable[float], *, low: float | None = None, high: float | None = None) -> Axis:
    """An axis that covers all values; `low` and `high` fix its ends."""
    known = [value for value in values if math.isfinite(value)]
    bottom = min(known, default=0.0) if low is None else low
    top = max(known, default=1.0) if high is None else high
    if not top > bottom:
        margin = abs(bottom) / 2 or 0.5
        bottom, top = (bottom if low is not None else bottom - margin), (bottom + margin)
    step = _step(top - bottom)
    if low is None:
        bottom = min(bottom, math.floor(bottom / step + 0.05) * step)
    if high is None:
        top = max(top, math.ceil(top / step - 0.05) * step)
    first, last = math.ceil(bottom / step - 1e-9), math.floor(top / step + 1e-9)
    numbers = [index * step for index in range(first, last + 1)]
    return Axis(bottom, top, tuple((number, mark(number, step)) for number in numbers))


def logarithmic_axis(values: Iterable[float]) -> Axis:
    """An axis for positive values, with marks at 1, 2 and 5 times powers of ten."""
    known = [value for value in values if math.isfinite(value) and value > 0]
    low, high = min(known) / 1.1, max(known) * 1.1
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        numbers = [factor * 10.0**power for power in powers for factor in factors]
        numbers = [number for number in numbers if low <= number <= high]
        if len(numbers) <= MARKS + 2:
            break
    else:
        numbers = numbers[:: math.ceil(len(numbers) / MARKS)]
    return Axis(low, high, tuple((number, mark(number, number)) for number in numbers), logarithmic=True)


def fitting_axis(values: Iterable[float]) -> Axis:
    """A logarithmic axis if positive values differ by a large factor, else a linear one."""
    known = [value for value in values if math.isfinite(value)]
    if known and min(known) > 0 and max(known) > SPREAD * min(known):
        return logarithmic_axis(known)
    return linear_axis(known)


def counting_axis(last: float) -> Axis:
    """From 0 to a count, with marks at whole numbers."""
    step = max(1.0, _step(last, (1, 2, 5, 10)))
    numbers = [index * step for index in range(int(last / step + 1e-9) + 1)]
    return Axis(0.0, last or 1.0, tuple((number, mark(number, step)) for number in numbers))


def mark(value: float, step: float) -> str:
    """A number on an axis, with as many digits as the step needs."""
    if abs(value) < step * 1e-6:
        return "0"
    if abs(value) >= 1e15 or step < 1e-5:
        return f"{value:.2g}"
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (abs(value) >= size and unit != "k"):
            return f"{value / size:.{_decimals(step / size)}f}{unit}"
    return f"{value:,.{_decimals(step)}f}"


def _step(span: float, factors: Sequence[float] = (1, 2, 2.5, 5, 10)) -> float:
    """A distance between marks that is one of these factors times a power of ten."""
    rough = span / MARKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in factors if factor * power >= rough * 0.999)


def _decimals(step: float) -> int:
    """Digits after the point that tell multiples of a step apart."""
    return next((digits for digits in range(8) if abs(round(step, digits) - step) < 1e-3 * step), 8)
