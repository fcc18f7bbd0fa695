"""What the text of a file of JSON lines tells without duckdb: the lines of its rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from dltool.data.files.gzipped import damage_explained, open_text


def lines_of(path: Path, rows: Collection[int]) -> Mapping[int, int]:
    """The lines, from 1, of rows, from 0; empty where the file is one JSON list."""
    with damage_explained(path), open_text(path) as file:
        filled = [(number, line) for number, line in enumerate(file, 1) if line.strip()]
    if filled[0][1].lstrip().startswith("["):
        return {}
    return {row: filled[row][0] for row in rows if row < len(filled)}


def broken_line(path: Path) -> tuple[int | None, str]:
    """The first line, from 1, that is not JSON, or None where the file is one JSON list; and what is wrong."""
    try:
        with damage_explained(path), open_text(path, strict=True) as file:
            for number, line in enumerate(file, 1):
                if line.strip() and not _is_json(line):
                    whole = number == 1 and line.lstrip().startswith("[")
                    return None if whole else number, "not valid JSON"
    except UnicodeDecodeError:
        return None, "not UTF-8 text; convert it, such as by: iconv -f latin1 -t utf-8"
    return None, "not valid JSON"


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
