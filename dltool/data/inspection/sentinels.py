"""Numbers that stand for "unknown", such as -999, and look to a network like any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dltool.data.inspection.leaks import Sample
from dltool.findings import Finding, warning

#: numbers that are written where there is none
USUAL = tuple(sign * number for number in (99, 999, 9999, 99999, 999999) for sign in (-1, 1))
#: rows that one of them must be in, and the share of its range that must lie between it and all others
ROWS, GAP = 3, 0.3


def sentinels(sample: Sample, columns: Sequence[str]) -> Iterator[Finding]:
    """Columns whose smallest or greatest number is one of the usual ones, repeated, and far from all others."""
    for column in columns:
        numbers = sample.numbers[column]
        values, counts = np.unique(numbers[np.isfinite(numbers)], return_counts=True)
        if len(values) < 3:
            continue
        for value, count, next_one in ((values[0], counts[0], values[1]), (values[-1], counts[-1], values[-2])):
            alone = abs(value - next_one) > GAP * (values[-1] - values[0])
            below_counts = value == -1 and next_one == 0 and bool((values == np.trunc(values)).all())
            if count >= ROWS and ((value in USUAL and alone) or below_counts):
                what = f"{value:g} stands in {count} rows, and {next_one:g} is the next number"
                advice = "if that means a missing value, add it to the source's 'missing'"
                yield warning(f"{what}; {advice}", f"column '{column}'")
