"""The role of each column of a table: left out, or used as which kind of feature, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.data.features.infer import SENTENCE
from dltool.data.inspection.columns import useless
from dltool.data.inspection.leaks import Leak
from dltool.data.tables.profile import ColumnProfile
from dltool.findings import Finding, note, warning
from dltool.proposal.recipe import BAG_OF_WORDS, FEWEST_SEQUENCES, IN_ORDER

#: whole numbers with at most this many different values, in at least this many rows each, are taken as categories
FEW_NUMBERS, ROWS_EACH = 32, 100
#: from this number of rows on, numbers also get a quantile feature
MANY_ROWS = 1_000
#: up to this number of categories all are kept; beyond it, only those in this many rows
MANY_WORDS, FREQUENT = 1_000, 3


@dataclass(frozen=True)
class Choice:
    """The role of one column."""

    column: str
    excluded: str = ""  # the reason
    feature: Any = None  # as the config says it
    comment: str = ""

    @property
    def kind(self) -> str:
        """The name of the feature."""
        return next(iter(self.feature)) if isinstance(self.feature, dict) else str(self.feature)

    @property
    def plain(self) -> bool:
        """A number without anything remarkable."""
        return self.kind == "numeric" and ";" not in self.comment and "missing" not in self.comment


def choose_columns(
    profiles: Mapping[str, ColumnProfile], targets: Sequence[str], leaks: Sequence[Leak]
) -> tuple[list[Choice], list[Finding]]:
    """A choice for every column except the targets, and warnings about columns."""
    reasons = {column: f"leak: {leak.how}" for leak in leaks if leak.certain for column in leak.columns}
    suspects = {column: leak.how for leak in leaks if not leak.certain for column in leak.columns}
    features = [name for name in profiles if name not in targets]
    useful = [name for name in features if not useless(profiles[name])]
    findings = [_suspicion(leak) for leak in leaks if not leak.certain]
    if reasons and all(name in reasons for name in useful):
        certain = [leak for leak in leaks if leak.certain]
        findings += [_suspicion(leak, "; it is kept, since no other column would be left") for leak in certain]
        reasons = {}
    choices = []
    for name in features:
        column = profiles[name]
        if reason := useless(column) or reasons.get(name, ""):
            choices.append(Choice(name, excluded=reason))
        else:
            choice = _feature(column)
            suspicion = f"; {suspects[name]}: is it known before the target?" if name in suspects else ""
            choices.append(Choice(name, feature=choice.feature, comment=choice.comment + suspicion))
            if column.too_long:
                what = "whole numbers of more than 15 digits are taken as names: each is a category"
                findings.append(note(what, f"column '{name}'"))
    return choices, findings


def _suspicion(leak: Leak, but: str = "") -> Finding:
    names = ", ".join(f"'{column}'" for column in leak.columns)
    advice = "if it is not known at prediction time, leave it out"
    return warning(f"{leak.how}; {advice}{but}", f"column {names}")


def _feature(column: ColumnProfile) -> Choice:
    match column.kind:
        case "boolean":
            return Choice(column.name, feature="boolean", comment=_with_missing("yes or no", column))
        case "date":
            return Choice(
                column.name, feature="date", comment=_with_missing(f"from {column.low} to {column.high}", column)
            )
        case "text" if column.words >= SENTENCE and column.different > 0.5:
            in_order = column.rows >= FEWEST_SEQUENCES
            how = "in their order" if in_order else "words and pairs of neighboring words"
            words = f"text of {column.words:.0f} words: {how}"
            feature = IN_ORDER if in_order else BAG_OF_WORDS
            return Choice(column.name, feature=feature, comment=_with_missing(words, column))
        case "text":
            return _category(column, "categories")
    if _names_things(column):
        return _category(column, "whole numbers")
    if column.too_long:
        return _category(column, "whole numbers, too long for quantities")
    ordered = column.rows >= MANY_ROWS and column.distinct > FEW_NUMBERS
    feature = {"numeric": {"quantiles": True}} if ordered else "numeric"
    return Choice(column.name, feature=feature, comment=_with_missing(f"{column.low} … {column.high}", column))


def _category(column: ColumnProfile, what: str) -> Choice:
    feature: Any = "category"
    if column.distinct > MANY_WORDS:
        feature = {"category": {"min_count": FREQUENT}}
        what += f"; those in fewer than {FREQUENT} rows count as unknown"
    return Choice(column.name, feature=feature, comment=_with_missing(f"{column.distinct:,} {what}", column))


def _names_things(column: ColumnProfile) -> bool:
    """Whether whole numbers are few and frequent enough to be categories."""
    return (
        column.kind == "integer" and 2 < column.distinct <= FEW_NUMBERS and column.filled >= ROWS_EACH * column.distinct
    )


def _with_missing(what: str, column: ColumnProfile) -> str:
    return f"{what}, {_percent(column.missing)} missing" if column.filled < column.rows else what


def _percent(share: float) -> str:
    """A percentage, with one decimal below 10 %."""
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"
