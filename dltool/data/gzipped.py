"""Files that may be gzipped, told by their first bytes and not by their name."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TextIO

GZIP = b"\x1f\x8b"


def is_gzipped(path: Path) -> bool:
    """Whether the file starts as gzip files do."""
    with path.open("rb") as file:
        return file.read(2) == GZIP


def open_text(path: Path, encoding: str = "utf-8", *, strict: bool = False) -> TextIO:
    """The file as text, with line ends as they are; bytes that are no text are replaced, or an error if `strict`."""
    encoding, errors = "utf-8-sig" if encoding == "utf-8" else encoding, "strict" if strict else "replace"
    if is_gzipped(path):
        return gzip.open(path, "rt", encoding=encoding, errors=errors, newline="")
    return path.open(encoding=encoding, errors=errors, newline="")
