"""Proposals for tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from dltool.data.files.quoting import percent
from dltool.data.inspection.leaks import Leak, find_leaks
from dltool.data.inspection.sample import take_sample
from dltool.data.tables.profile import frequent
from dltool.errors import InputError, Problem
from dltool.findings import Finding
from dltool.formatting import plural
from dltool.proposal.assembly import assemble
from dltool.proposal.columns import Choice, choose_columns
from dltool.proposal.division import divide, time_column
from dltool.proposal.entry import Entry
from dltool.proposal.hints import hints, order_hint
from dltool.proposal.labels import label_entries
from dltool.proposal.layout import Look, looked_at
from dltool.proposal.proposal import Proposal, Wishes
from dltool.proposal.recipe import Facts, listed
from dltool.proposal.series import find_series
from dltool.proposal.target import TargetChoice, choose_target, makes_classes
from dltool.proposal.windows import propose_windows
from dltool.proposal.words import are_labeled_lines, propose_words

#: more columns of numbers than these share one line
MOST_NUMBERS = 8


def propose_table(parts: Mapping[str, tuple[str, ...]], wishes: Wishes) -> Proposal:
    """The proposal for a table in one or several files; raises InputError if none is possible."""
    with ExitStack() as stack:
        look = stack.enter_context(looked_at(parts["train"][0]))
        others = {part: stack.enter_context(looked_at(paths[0])) for part, paths in parts.items() if part != "train"}
        if are_labeled_lines(look) and not wishes.target and wishes.task in (None, "classes"):
            return propose_words(look, others)
        if not look.rows:
            raise InputError(Problem("a table without rows", look.path))
        look.require_numbers(wishes.target)
        target = choose_target(look.profiles, wishes.target, wishes.task, look.path, hint=look.file.without)
        worded = look.with_words(target.names)  # words among the targets may be classes
        classes = all(makes_classes(worded.profiles[name]) for name in target.names)
        if wishes.task != "numbers" and (classes or wishes.task == "classes"):
            look = worded
            target = choose_target(look.profiles, wishes.target or target.names, wishes.task, look.path, target.chosen)
        return _propose(look, others, target)


def _propose(look: Look, others: Mapping[str, Look], target: TargetChoice) -> Proposal:
    choices, findings = choose_columns(look.profiles, target.names, _leaks(look, target))
    findings = [*look.findings, *findings]
    used = [choice for choice in choices if not choice.excluded]
    if not others and (series := find_series(look, [choice.column for choice in used], target)):
        return propose_windows(look, series)
    time = time_column(look, [choice.column for choice in used])
    if not [choice for choice in used if time is None or choice.column != time.name]:
        raise InputError(Problem(_nothing_left(choices, target), look.path))
    division = divide(look.rows, others, target.task, time)
    shares = _class_shares(look, target)
    texts = tuple(choice.column for choice in used if choice.kind == "tokens")
    beside = tuple(choice.column for choice in used if choice.column not in texts) if texts else ()
    rows = round(look.rows * division.train)
    facts = Facts(target.task, rows, classes=shares, texts=texts, others=beside)
    data = [Entry("table", _source(look, target, choices))]
    for part, other in others.items():
        fields, unclear = _other_source(look, other, target)
        data.append(Entry(part, [Entry("table", fields)]))
        findings += unclear
    data.append(Entry("features", _features(used)))
    apart = "".join(f"; {part} part with {other.rows:,} rows" for part, other in others.items())
    inferred = [
        ("data", f"{look.rows:,} rows, {plural(len(look.columns), 'column')}{apart}"),
        ("target", f"{target.listed}{f', {target.chosen}' if target.chosen else ''}"),
        ("task", f"{target.task}: {target.reason}{listed(shares)}"),
        ("features", _kinds(used)),
        *(("left out", f"'{choice.column}': {choice.excluded}") for choice in choices if choice.excluded),
    ]
    if target.task == "classes":
        findings += order_hint(look.profiles[target.names[0]], len(shares))
    findings += hints(look, [choice.column for choice in used], time) if division.entry else []
    what = f"{len(shares)} classes" if target.task == "classes" else target.task
    title = f"Predicts {target.listed} ({what}) from {plural(len(used), 'column')} of {look.path}."
    return assemble(title, data, division, facts, inferred, findings)


def _nothing_left(choices: Sequence[Choice], target: TargetChoice) -> str:
    reasons = "; ".join(f"'{choice.column}': {choice.excluded or 'the time'}" for choice in choices)
    return f"no column is left to predict {target.listed} from ({reasons or 'there is no other'})"


def _leaks(look: Look, target: TargetChoice) -> list[Leak]:
    """Leaks of all targets; other targets are not features."""
    sample = take_sample(look.database, look.columns)
    found: dict[tuple[str, ...], Leak] = {}
    for name in target.names:
        rest = sample.without({*target.names} - {name})
        for leak in find_leaks(rest, name, classes=target.task != "numbers"):
            found.setdefault(leak.columns, leak)
    return list(found.values())


def _source(look: Look, target: TargetChoice, choices: Sequence[Choice]) -> list[Entry]:
    entries = [Entry("path", look.path), *look.entries, Entry("target", target.plain, target.chosen)]
    if target.stated:
        entries.append(Entry("task", target.task, target.reason))
    missing = max(look.profiles[name].missing for name in target.names)
    if missing:
        entries.append(Entry("missing_target", "drop", f"{percent(missing)} of the rows have none"))
    excluded = [Entry(None, choice.column, choice.excluded) for choice in choices if choice.excluded]
    return [*entries, *([Entry("exclude", excluded)] if excluded else [])]


def _other_source(look: Look, other: Look, target: TargetChoice) -> tuple[list[Entry], list[Finding]]:
    """The source of another part, and warnings about it."""
    renamed, unclear = label_entries(look, other, target.names[0]) if target.task == "classes" else ([], [])
    return [Entry("path", other.path), *other.entries, Entry("target", target.plain), *renamed], unclear


def _features(used: Sequence[Choice]) -> list[Entry]:
    """One entry for each column; many numeric columns share one."""
    numbers = [choice for choice in used if choice.plain]
    usual = Counter(str(choice.feature) for choice in numbers).most_common(1)
    shared = [choice for choice in numbers if str(choice.feature) == usual[0][0]]
    if len(shared) <= MOST_NUMBERS:
        shared = []
    together = {choice.column for choice in shared}
    entries = [Entry(one.column, one.feature, one.comment) for one in used if one.column not in together]
    if shared:
        entries.append(Entry("*", shared[0].feature, f"the other {len(shared)} columns are numbers"))
    return entries


def _class_shares(look: Look, target: TargetChoice) -> dict[str, float]:
    """Each class and its share of the rows, the most frequent first."""
    if target.task != "classes":
        return {}
    counts = frequent(look.database, look.columns[target.names[0]], None)
    total = sum(count for _, count in counts)
    return {word: count / total for word, count in counts}


def _kinds(used: Sequence[Choice]) -> str:
    """The number of columns of each kind of feature."""
    counts = Counter(choice.kind for choice in used)
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())
