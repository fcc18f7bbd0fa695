"""Errors of duckdb about a file as one line with advice."""

from __future__ import annotations

import re
from pathlib import Path

from dltool.data.files.quoting import shown
from dltool.data.tables.csv_text import odd_line_end
from dltool.data.tables.json_text import broken_line
from dltool.errors import InputError, Problem
from dltool.formatting import plural

#: what is wrong with a file as a whole, by a word in what duckdb says
_REASONS = {
    "unterminated quote": "a quoted field begins here and never ends; if quotes mean nothing in this file, set"
    " quote: ''",
    "Maximum line size": "a line of more than 2 MB; is a quote never closed?",
    "not latin-1 encoded": "not Latin-1 text; if it is Windows-1252, convert it: iconv -f windows-1252 -t utf-8",
    "not utf-16 encoded": "not UTF-16 text",
    "utf-8": "not UTF-8 text; if it is Latin-1, set encoding: latin-1",
    "unicode": "not UTF-8 text; if it is Latin-1, set encoding: latin-1",
    "GZIP": "a damaged gzip file, or one that was cut short",
    "magic bytes": "not a Parquet file, or one that was cut short",
    "thrift": "a damaged Parquet file",
    "decompression failure": "a damaged Parquet file",
    "No space left on device": "the disk has no room for a temporary copy of it; make room, or set XDG_CACHE_HOME to a"
    " folder on a larger disk",
}


class MisfitError(InputError):
    """A cell that is not of the type that its column was to be read as."""

    def __init__(self, problem: Problem, field: str):
        super().__init__(problem)
        self.field = field  # the column in SQL; empty where duckdb does not tell


def explanation(path: Path, message: str) -> InputError:
    """The error for what duckdb says about the file at `path`."""
    line = re.search(r"CSV Error on Line: (\d+)", message) or re.search(r"in line (\d+)", message)
    where = f"{path}:{line[1]}" if line else str(path)
    if found := re.search(r'converting column "(.*?)"\. Could not convert string "(.*?)"? to \'', message, re.DOTALL):
        expected = f"column '{found[1]}' holds {shown(found[2])}, where a number is expected"
        return MisfitError(Problem(expected, where), found[1])
    if found := re.search(r"Failed to cast value to \w+: (.*)", message):
        return MisfitError(Problem(f"{found[1]} stands where a number is expected", where), "")
    return InputError(_problem(path, message, where))


def _problem(path: Path, message: str, where: str) -> Problem:
    if found := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message):
        return Problem(f"{plural(int(found[2]), 'field')}, expected {found[1]}", where)
    if found := re.search(r'has duplicate key "(.*?)"', message):
        return Problem(f"an object that has '{found[1]}' twice", where)
    if "Malformed JSON" in message:
        number, reason = broken_line(path)  # the line that duckdb gives is not always right
        return Problem(reason, f"{path}:{number}" if number else str(path))
    if "invalid state" in message and (number := odd_line_end(path)):
        advice = "make them alike: sed -i 's/\\r$//'"
        return Problem(f"ends with another line end than the lines before; {advice} {path}", f"{path}:{number}")
    for word, reason in _REASONS.items():
        if word in message:
            return Problem(reason, where)
    reason = re.sub(r"^[\w ]+ Error: (CSV Error on Line: \d+\s*)?", "", message).split("\n")[0].strip()
    return Problem(f"cannot be read as a table: {reason}", where)
