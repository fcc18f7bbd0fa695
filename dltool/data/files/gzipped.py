"""Files that may be gzipped, which their first bytes show, whatever their names."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import GzipFile
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import TextIO

from dltool.errors import InputError, Problem

GZIP = b"\x1f\x8b"


def is_gzipped(path: Path) -> bool:
    """Whether the file starts as gzip files do."""
    with path.open("rb") as file:
        return file.read(2) == GZIP


def open_bytes(path: Path) -> GzipFile | BufferedReader:
    """The decompressed file."""
    return gzip.open(path) if is_gzipped(path) else path.open("rb")


def open_text(path: Path, encoding: str = "utf-8", *, strict: bool = False, line_end: str | None = "") -> TextIO:
    """The file as text with unchanged line ends; undecodable bytes are replaced, or an error if `strict`.

    Lines end with `line_end`, or by default with any known line end; None: all of these become `\\n`.
    """
    encoding, errors = "utf-8-sig" if encoding == "utf-8" else encoding, "strict" if strict else "replace"
    return TextIOWrapper(open_bytes(path), encoding=encoding, errors=errors, newline=line_end)


@contextmanager
def damage_explained(path: Path) -> Iterator[None]:
    """Turns errors while the file is read inside the block into InputError."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(Problem("a damaged gzip file, or one that was cut short", str(path))) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", str(path))) from None
