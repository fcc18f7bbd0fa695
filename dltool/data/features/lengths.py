"""The length of rows of codes that almost all texts fit into."""

from __future__ import annotations

from collections import Counter

#: share of training rows that are kept whole, and the longest rows, unless the config gives a length
WHOLE, LONGEST = 0.99, 512
DESCRIPTION = f"by default enough for {WHOLE:.0%} of rows, at most {LONGEST}"


def usual_length(lengths: Counter[int]) -> int:
    """The default length for this number of texts of each length; at least 1."""
    needed, total = WHOLE * lengths.total(), 0
    for length in sorted(lengths):
        total += lengths[length]
        if total >= needed:
            return min(LONGEST, max(1, length))
    return 1
