"""Whether a file is running text rather than a table: from its first lines."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

from dltool.data.files.text_lines import filled_lines
from dltool.errors import InputError

#: lines that are looked at
LINES = 400
DELIMITERS = "\t,;|"
#: share of lines with the same number of a delimiter from which on a file is a table
ALIKE = 0.8
#: least share of letters among characters other than spaces
LETTERS = 0.6
#: what labels of fastText start with
LABEL = "__label__"


def is_running_text(file: Path) -> bool:
    """Whether lines are mostly letters, and no delimiter divides them into cells."""
    try:
        lines = [line for _, line in islice(filled_lines(file), LINES)]
    except InputError:
        return False
    text = "".join("".join(lines).split())
    letters = sum(map(str.isalpha, text))
    labeled = all(line.startswith(LABEL) for line in lines)
    return bool(text) and letters >= LETTERS * len(text) and not labeled and not any(_divides(lines, d) for d in DELIMITERS)


def _divides(lines: list[str], delimiter: str) -> bool:
    """Whether almost all lines have the same number of a delimiter, at least one."""
    if len(lines) < 2:
        return False
    (count, often), *_ = Counter(line.count(delimiter) for line in lines).most_common(1)
    return count > 0 and often >= ALIKE * len(lines)
