"""A series of numbers: a proposal that predicts the next one from those before."""

from __future__ import annotations

from dltool.data.tables.profile import ColumnProfile
from dltool.proposal.assembly import assemble
from dltool.proposal.division import divide_series
from dltool.proposal.entry import Entry
from dltool.proposal.layout import Look
from dltool.proposal.proposal import Proposal
from dltool.proposal.recipe import Facts
from dltool.proposal.target import TargetChoice

#: rows that a window shows, by the days from one row to the next
LENGTHS = ((1 / 25, 48, "two days"), (6, 28, "four weeks"), (25, 26, "half a year"), (32, 12, "a year"))
USUAL_LENGTH = 12
#: a window is at most such a share of all rows
LARGEST_SHARE = 0.2


def is_series(look: Look, target: TargetChoice) -> bool:
    """Whether the target can be read as one series of numbers, in a file that says all about itself."""
    plain = all(entry.key == "header" for entry in look.entries)
    return plain and target.task == "numbers" and len(target.names) == 1 and not look.profiles[target.names[0]].missing


def propose_windows(look: Look, target: str, time: ColumnProfile) -> Proposal:
    """The proposal for a table of times and one number."""
    length, reason = _length(look, time)
    samples = look.rows - length
    division = divide_series(samples)
    facts = Facts("numbers", round(samples * division.train), shape=(length, 1))
    source = [
        Entry("path", look.path),
        *look.entries,
        Entry("target", target),
        Entry("length", length, reason),
        Entry("horizon", 1, "how many rows ahead to predict"),
    ]
    return assemble(
        f"Predicts the next '{target}' from the {length} before it, in {look.path}.",
        [Entry("windows", source), Entry("scaling", "standard", "mean 0, standard deviation 1")],
        division,
        facts,
        [
            ("data", f"{look.rows:,} rows from {time.low} to {time.high}, and nothing beside the time but '{target}'"),
            ("task", f"numbers: the next row from the {length} before it ({reason})"),
        ],
    )


def _length(look: Look, time: ColumnProfile) -> tuple[int, str]:
    """How many rows a window shows, and why."""
    days = f"date_diff('second', min({look.columns[time.name].cells}), max({look.columns[time.name].cells})) / 86400.0"
    step = look.database.single([days])[0] / max(1, look.rows - 1)
    usual = (USUAL_LENGTH, "some rows")
    length, reason = next(((n, f"{name} of rows") for most, n, name in LENGTHS if step < most), usual)
    most = max(1, int(look.rows * LARGEST_SHARE))
    return (length, reason) if length <= most else (most, "as many as the few rows allow")
