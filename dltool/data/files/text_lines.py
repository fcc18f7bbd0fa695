"""The lines of a text file, gzipped or not, with their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from dltool.data.files.gzipped import damage_explained, open_bytes, open_text
from dltool.errors import InputError, Problem

Encoding = Literal["utf-8", "utf-16", "latin-1"]

#: characters to look at to find the line end
LOOKED_AT = 1 << 20
#: what UTF-16 files begin with
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def filled_lines(path: Path, encoding: Encoding = "utf-8", *, strict: bool = True) -> Iterator[tuple[int, str]]:
    """The nonempty lines without line ends, each with its number from 1.

    Lines end with a line feed, with or without a carriage return before it; in files without line feeds, with a
    carriage return. Raises InputError for a truncated file and, with the line, for undecodable bytes, which are
    replaced unless `strict`.
    """
    try:
        with (
            damage_explained(path),
            open_text(path, encoding, strict=strict, line_end=_line_end(path, encoding)) as file,
        ):
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except UnicodeError:
        raise InputError(not_text(path, encoding)) from None


def _line_end(path: Path, encoding: Encoding) -> str:
    """The line end of a file, found from its start."""
    with open_text(path, encoding) as file:
        start = file.read(LOOKED_AT)
    return "\r" if "\r" in start and "\n" not in start else "\n"


def not_text(path: Path, encoding: Encoding) -> Problem:
    """The problem of a file with bytes that are not text in this encoding: the line, and another encoding to try."""
    if encoding != "utf-8":
        return Problem(f"not {encoding.upper()} text", str(path))
    with open_bytes(path) as file:
        if file.read(2) in UTF_16:
            return Problem("UTF-16 text; set encoding: utf-16", str(path))
        file.seek(0)
        line = next(number for number, line in enumerate(file, 1) if not _is_utf_8(line))
    return Problem("not UTF-8 text; if it is Latin-1, set encoding: latin-1", f"{path}:{line}")


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
