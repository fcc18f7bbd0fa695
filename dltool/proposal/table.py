"""A proposal for a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from dltool.data.inspection.leaks import Leak, Sample, find_leaks
from dltool.data.inspection.sample import take_sample
from dltool.data.quoting import plural
from dltool.data.tables.profile import frequent
from dltool.proposal import recipe
from dltool.proposal.columns import Choice, choose_columns
from dltool.proposal.division import divide, time_column
from dltool.proposal.entry import Entry
from dltool.proposal.labels import label_entries
from dltool.proposal.layout import Look, looked_at
from dltool.proposal.proposal import Proposal, Wishes
from dltool.proposal.recipe import Facts
from dltool.proposal.target import TargetChoice, choose_target

#: more columns of numbers than these share one line
MOST_NUMBERS = 8


def propose_table(parts: Mapping[str, tuple[str, ...]], wishes: Wishes) -> Proposal:
    """The proposal for a table in one or several files, and files of other parts."""
    with ExitStack() as stack:
        look = stack.enter_context(looked_at(parts["train"][0]))
        others = {part: stack.enter_context(looked_at(paths[0])) for part, paths in parts.items() if part != "train"}
        target = choose_target(look.profiles, wishes.target, wishes.task, look.path)
        choices, warnings = choose_columns(look.profiles, target.names, _leaks(look, target))
        left_out = [*target.names, *(choice.column for choice in choices if choice.excluded)]
        time = time_column(look, left_out)
        division = divide(look.rows, others, target.task, time)
        shares = _class_shares(look, target)
        facts = Facts(target.task, rows=round(look.rows * division.train), classes=shares)
        sources = [Entry("table", _source(look, target, choices))]
        for part, other in others.items():
            fields, unclear = _other(look, other, target)
            sources.append(Entry(part, [Entry("table", fields)]))
            warnings += unclear
    features = _features(choices)
    data = [*sources, *([Entry("features", features)] if features else []), *([division.entry] if division.entry else [])]
    used = [choice for choice in choices if not choice.excluded]
    names = ", ".join(f"'{name}'" for name in target.names)
    what = f"{len(shares)} classes" if target.task == "classes" else target.task
    inferred = [
        ("data", f"{look.rows:,} rows, {plural(len(look.columns), 'column')}" + _apart(others)),
        ("target", f"{names}{f', {target.chosen}' if target.chosen else ''}"),
        ("task", f"{target.task}: {target.reason}{_listed(shares)}"),
        ("features", _summary(used)),
        *(("left out", f"'{choice.column}': {choice.excluded}") for choice in choices if choice.excluded),
        *([("split", division.entry.comment)] if division.entry else []),
        *recipe.summary(facts),
    ]
    return Proposal(
        title=f"Predicts {names} ({what}) from {plural(len(used), 'column')} of {look.path}.",
        entries=[Entry("data", data), Entry("model", recipe.model(facts)), *recipe.training(facts)],
        inferred=inferred,
        warnings=warnings,
    )


def _leaks(look: Look, target: TargetChoice) -> list[Leak]:
    """What gives away any of the targets; the others do not count as features."""
    sample = take_sample(look.database, look.columns)
    found: dict[tuple[str, ...], Leak] = {}
    for name in target.names:
        others = {other for other in target.names if other != name}
        rest = Sample(*({n: cells for n, cells in group.items() if n not in others} for group in (sample.keys, sample.numbers)))
        for leak in find_leaks(rest, name, classes=target.task != "numbers"):
            found.setdefault(leak.columns, leak)
    return list(found.values())


def _source(look: Look, target: TargetChoice, choices: Sequence[Choice]) -> list[Entry]:
    entries = [Entry("path", look.path), *look.entries]
    names = target.names[0] if len(target.names) == 1 else list(target.names)
    entries.append(Entry("target", names, target.chosen))
    if target.stated:
        entries.append(Entry("task", target.task, target.reason))
    if any(look.profiles[name].missing for name in target.names):
        share = max(look.profiles[name].missing for name in target.names)
        entries.append(Entry("missing_target", "drop", f"{100 * share:.2g} % of the rows have none"))
    excluded = [Entry(None, choice.column, choice.excluded) for choice in choices if choice.excluded]
    return [*entries, *([Entry("exclude", excluded)] if excluded else [])]


def _other(look: Look, other: Look, target: TargetChoice) -> tuple[list[Entry], list[str]]:
    """The source of another part."""
    renamed, unclear = label_entries(look, other, target.names[0]) if target.task == "classes" else ([], [])
    names = target.names[0] if len(target.names) == 1 else list(target.names)
    return [Entry("path", other.path), *other.entries, Entry("target", names), *renamed], unclear


def _features(choices: Sequence[Choice]) -> list[Entry]:
    """A line for each column, except that many columns of numbers share one."""
    used = [choice for choice in choices if not choice.excluded]
    numbers = [choice for choice in used if choice.plain]
    shared = numbers if len(numbers) > MOST_NUMBERS else []
    entries = [Entry(choice.column, choice.feature, choice.comment) for choice in used if choice not in shared]
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


def _listed(shares: Mapping[str, float]) -> str:
    told = [f"{word} {100 * share:.3g} %" for word, share in list(shares.items())[:4]]
    return f" ({', '.join(told)}{', …' if len(shares) > len(told) else ''})" if told else ""


def _apart(others: Mapping[str, Look]) -> str:
    return "".join(f"; {part} apart, {other.rows:,} rows" for part, other in others.items())


def _summary(used: Sequence[Choice]) -> str:
    kinds: dict[str, int] = {}
    for choice in used:
        kind = choice.kind
        kinds[kind] = kinds.get(kind, 0) + 1
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())
