"""Labeled lines of text: a proposal that takes each line as a bag of words."""

from __future__ import annotations

from collections.abc import Mapping

from dltool.data.features.infer import SENTENCE
from dltool.data.tables.csv_file import CsvFile
from dltool.data.tables.profile import frequent
from dltool.data.targets.target import MOST_CLASSES
from dltool.proposal.assembly import assemble
from dltool.proposal.division import divide
from dltool.proposal.entry import Entry
from dltool.proposal.layout import Look
from dltool.proposal.proposal import Proposal
from dltool.proposal.recipe import BAG_OF_WORDS, FEWEST_SEQUENCES, IN_ORDER, Facts, listed


def are_labeled_lines(look: Look) -> bool:
    """Whether a table is lines of a label, a tab and text."""
    if not isinstance(look.file, CsvFile) or look.file.dialect.header or look.file.dialect.delimiter != "\t":
        return False
    columns = list(look.profiles.values())
    if len(columns) != 2 or look.entries[:-1]:
        return False
    label, text = columns
    return 1 < label.distinct <= MOST_CLASSES and not label.missing and text.kind == "text" and text.words >= SENTENCE


def propose_words(look: Look, others: Mapping[str, Look]) -> Proposal:
    """The proposal for a file of labeled lines."""
    counts = frequent(look.database, next(iter(look.columns.values())), None)
    shares = {label: count / look.rows for label, count in counts}
    division = divide(look.rows, others, "classes")
    in_order = look.rows >= FEWEST_SEQUENCES
    texts = ("text",) if in_order else ()
    facts = Facts("classes", round(look.rows * division.train), shares, texts=texts)
    words = list(look.profiles.values())[1].words
    how = "in their order" if in_order else "single words and pairs of neighboring words"
    feature = Entry("text", IN_ORDER if in_order else BAG_OF_WORDS, f"{words:.0f} words a line: {how}")
    apart = [Entry(part, {"text": other.path}) for part, other in others.items()]
    data = [Entry("text", look.path, "lines of a label, a tab and text"), *apart, Entry("features", [feature])]
    return assemble(
        f"Predicts {len(shares)} classes from the lines of {look.path}.",
        data,
        division,
        facts,
        [
            ("data", f"{look.rows:,} lines of text, each with a label in front of a tab"),
            ("task", f"{len(shares)} classes{listed(shares)}"),
        ],
    )
