"""Errors for the user: each carries complete messages, never a traceback. Only `cli` turns them into exit codes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from dltool.formatting import first_few

#: names may contain line breaks or terminal escapes, but a message is one line
_CONTROLS = {number: repr(chr(number))[1:-1] for number in (*range(32), 127)}
#: names may be a megabyte long; paths have at most 4096 characters
WORD_SHOWN = 100
_LONG_WORD = re.compile(r"\S{4097,}")


@dataclass(frozen=True)
class Problem:
    """One problem: where it is, what is wrong, and what to do about it."""

    message: str
    where: str = ""  # "train.yaml:14:5", "data.csv:1532", "command line"
    path: str = ""  # "train.epochs", "model[2].dense.units"

    def __str__(self) -> str:
        line = ": ".join(part for part in (self.where, self.path, self.message) if part)
        return shortened(printable(line).translate(_CONTROLS))


class DltoolError(Exception):
    """An error that the user can act on; `exit_code` is the exit code of the command."""

    exit_code = 1

    def __init__(self, *problems: Problem | str):
        self.problems = tuple(Problem(p) if isinstance(p, str) else p for p in problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type, tuple[Problem, ...]]:
        return type(self), self.problems


def printable(text: str) -> str:
    """The text with each byte that is not UTF-8, as names of files can have, written as `\\xff`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shortened(text: str) -> str:
    """The text on one line, with extremely long words truncated."""
    return _LONG_WORD.sub(lambda word: f"{word[0][:WORD_SHOWN]}…", " ".join(text.splitlines()))


class InputError(DltoolError):
    """The config, the command line, the data or a checkpoint is not usable (exit code 2)."""

    exit_code = 2


class RunError(DltoolError):
    """A failure while running, such as divergence or a full disk (exit code 1)."""


#: how many allowed words a message lists
LISTED = 14


#: names that are spelled otherwise elsewhere, and resemble something else here
SYNONYMS = {"gpu": "cuda", "bf16": "bfloat16", "float": "float32", "fp32": "float32"}


def nearest(word: str, allowed: Iterable[str], *, alike: float = 0.6) -> str | None:
    """The allowed name that `word` stands for elsewhere, else the closest, if the similarity is at least `alike`."""
    lowered = {name.lower(): name for name in sorted(allowed, reverse=True)}
    if (meant := SYNONYMS.get(word.lower())) in lowered:
        return lowered[meant]
    close = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=alike)
    return lowered[close[0]] if close else None


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """A hint for a message: the nearest allowed name, else the first allowed names."""
    allowed = sorted(allowed)
    if close := nearest(word, allowed):
        return f"did you mean '{close}'?"
    if not allowed:
        return "nothing is allowed here"
    return f"allowed: {first_few(allowed, LISTED)}"
