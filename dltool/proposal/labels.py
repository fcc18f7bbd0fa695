"""Classes that another file spells slightly differently: "<=50K." for "<=50K"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dltool.data.files.quoting import shown
from dltool.data.targets.target import MOST_CLASSES
from dltool.findings import Finding, warning
from dltool.proposal.entry import Entry
from dltool.proposal.layout import Look


def label_entries(train: Look, other: Look, target: str) -> tuple[list[Entry], list[Finding]]:
    """Config entries that map the classes of another file to the training classes, and warnings about the rest."""
    if target not in other.columns:
        return [], [warning(f"no column '{target}'", other.path)]
    known, found = _values(train, target), _values(other, target)
    renamed, unclear = {}, []
    for word in found:
        if word not in known:
            same = [name for name in known if _core(name) == _core(word)]
            if len(same) == 1:
                renamed[word] = same[0]
            else:
                unclear.append(warning(f"the class {shown(word)} is not in the training data", other.path))
    entries = [Entry("rename_labels", renamed, "name in this file: name in the training data")] if renamed else []
    return entries, unclear


def _values(look: Look, target: str) -> Sequence[str]:
    return [word for word, _ in look.database.frequent(look.columns[target].read("VARCHAR"), MOST_CLASSES)]


def _core(word: str) -> str:
    """A word without case, blanks and full stops."""
    return re.sub(r"[\s.]", "", word).casefold()
