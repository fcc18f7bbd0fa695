"""Numbers that stand for missing values, such as -999."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dltool.data.inspection.leaks import Sample
from dltool.findings import Finding, warning

#: usual numbers for missing values
USUAL = tuple(sign * number for number in (99, 999, 9999, 99999, 999999) for sign in (-1, 1))
#: fewest rows with such a number, and the smallest gap to all others as a share of the range
ROWS, GAP = 3, 0.3


def sentinels(sample: Sample, columns: Sequence[str]) -> Iterator[Finding]:
    """Columns whose minimum or maximum is a repeated usual number, far from all others."""
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
