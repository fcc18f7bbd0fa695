"""The text of a file in pieces, gzipped or not, for files of any size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dltool.data.files.gzipped import damage_explained, open_text
from dltool.data.files.text_lines import Encoding, not_text
from dltool.errors import InputError, Problem

#: characters that are read at a time
PIECE = 1 << 20


def text_pieces(path: Path, encoding: Encoding = "utf-8") -> Iterator[str]:
    """Consecutive pieces of the text, with `\\n` for every line end.

    A piece ends in front of white space, unless there is none in it, so that it holds whole words. Raises InputError
    with the line for undecodable bytes and for NUL characters, and for a damaged file.
    """
    rest, line = "", 1
    try:
        with damage_explained(path), open_text(path, encoding, strict=True, line_end=None) as file:
            while read := file.read(PIECE):
                if "\0" in read:
                    line += read.partition("\0")[0].count("\n")
                    raise InputError(Problem("holds a NUL character, so it is not text", f"{path}:{line}"))
                line += read.count("\n")
                text = rest + read
                end = _word_end(text, len(rest))
                rest = text[end:]
                if end:
                    yield text[:end]
    except UnicodeError:
        raise InputError(not_text(path, encoding)) from None
    if rest:
        yield rest


def divided(text: str, size: int) -> Iterator[str]:
    """Pieces of at most `size` characters of a text, each of whole words as in `text_pieces`."""
    while len(text) > size:
        end = _word_end(text[:size], 0)
        yield text[:end]
        text = text[end:]
    if text:
        yield text


def _word_end(text: str, low: int) -> int:
    """The place of the last white space that follows a word, from `low` on; the end if there is none."""
    for place in range(len(text) - 1, max(low, 1) - 1, -1):
        if text[place].isspace() and not text[place - 1].isspace():
            return place
    return len(text)
