"""Time series: a proposal that predicts the next numbers from the numbers before them."""

from __future__ import annotations

from collections.abc import Sequence

from dltool.data.readers.outline import Request
from dltool.data.sources.source import Source
from dltool.errors import InputError
from dltool.formatting import plural
from dltool.proposal.assembly import assemble
from dltool.proposal.division import divide_series
from dltool.proposal.entry import Entry, plain
from dltool.proposal.layout import Look
from dltool.proposal.proposal import Proposal
from dltool.proposal.recipe import Facts
from dltool.proposal.series import SeriesFound
from dltool.registry import registered

#: rows that a window shows, and rows to predict, by the days from one row to the next below which they apply
LENGTHS = (
    (1 / 20, (48, "two days", 24, "a day")),
    (6, (28, "four weeks", 7, "a week")),
    (25, (26, "half a year", 4, "a month")),
    (32, (24, "two years", 12, "a year")),
    (100, (20, "five years", 4, "a year")),
)
USUAL_LENGTH = (12, "some rows", 1, "the next row")
#: most rows to predict, as a share of a window
LARGEST_HORIZON = 0.5
#: largest length of a window, as a share of a series
LARGEST_SHARE = 0.2
#: largest share of windows to lose to gaps and empty cells
MOST_LOST = 0.5


def propose_windows(look: Look, found: SeriesFound) -> Proposal:
    """The proposal for time series."""
    length, reason, horizon, ahead = _length(look.rows // found.series, found.days)
    source = [
        Entry("path", look.path),
        *_reading(look, found),
        Entry("target", found.targets[0] if len(found.targets) == 1 else list(found.targets)),
        *_keys(found),
        Entry("length", length, reason),
        Entry("horizon", horizon, f"how many rows ahead to predict: {ahead}"),
        Entry("steps", True, "each of them, not only the last") if horizon > 1 else None,
    ]
    source = [entry for entry in source if entry]
    seasonal = 1 < found.season <= length
    if seasonal:
        source.append(Entry("season", found.season, "rows after which the series repeats itself, about"))
    most = look.rows - (length + horizon - 1) * found.series
    samples = _windows(source)
    if samples < MOST_LOST * most:
        source += [Entry("gaps", "keep", "most windows would cross one"), Entry("empty", "previous")]
        samples = _windows(source) or most
    division = divide_series(samples)
    columns = len(found.targets)
    facts = Facts("numbers", round(samples * division.train), shape=(length, columns), forecast=True)
    listed = _listed(found.targets)
    baselines = f"the last value, {f'the season of {found.season} rows, ' if seasonal else ''}a linear model"
    apart = f"; {found.series} series by {_listed(found.groups)}" if found.groups else ""
    advice = "where it is known before it happens, list it in known_ahead"
    return assemble(
        f"Predicts the next {plural(horizon, 'row')} of {listed} from the {length} before, in {look.path}.",
        [Entry("windows", source), Entry("scaling", "standard", "mean 0, standard deviation 1")],
        division,
        facts,
        [
            ("data", f"{look.rows:,} rows from {found.first} to {found.last}, and no features but {listed}{apart}"),
            ("task", f"numbers: the next {plural(horizon, 'row')} ({ahead}) from the {length} before ({reason})"),
            ("baselines", baselines),
            *(("left out", f"'{name}': {advice}") for name in found.left_out),
        ],
        look.doubts(_shown(found)),
    )


def _reading(look: Look, found: SeriesFound) -> list[Entry]:
    """How the text of the table is read; times that are seconds since 1970 as dates."""
    others = [entry for entry in look.entries if entry.key != "types"]
    types = [one for entry in look.entries if entry.key == "types" for one in entry.value if one.key in _shown(found)]
    if found.unit:
        types.append(Entry(found.time, {"date": found.unit}, "since 1970"))
    return [*others, *([Entry("types", types)] if types else [])]


def _shown(found: SeriesFound) -> list[str]:
    return [found.time, *found.targets, *found.groups]


def _keys(found: SeriesFound) -> list[Entry]:
    """How the rows are ordered."""
    entries: list[Entry] = []
    if found.groups:
        first, *others = found.groups
        entries = [Entry("group", [first, *others] if others else first, f"{found.series} series")]
    why = "puts the rows of each series in order" if found.groups or found.unordered else "finds gaps between rows"
    entries.append(Entry("time", found.time, why))
    if found.repeats:
        entries.append(Entry("repeats", "last", f"{plural(found.repeats, 'row')} with a repeated time"))
    return entries


def _windows(source: Sequence[Entry]) -> int:
    """How many windows there are."""
    windows: Source = registered("source")["windows"].model_validate(plain(source))
    try:
        with windows.open([], Request()) as reader:
            return reader.outline.rows
    except InputError:
        return 0


def _length(rows: int, days: float) -> tuple[int, str, int, str]:
    """The length of a window and the number of rows to predict, each with its reason."""
    length, reason, horizon, ahead = next((of for limit, of in LENGTHS if days < limit), USUAL_LENGTH)
    most = max(1, int(rows * LARGEST_SHARE))
    if length > most:
        length, reason = most, "limited by the number of rows"
    if horizon > (nearest := max(1, int(length * LARGEST_HORIZON))):
        horizon, ahead = nearest, "limited by the number of rows"
    return length, reason, horizon, ahead


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
