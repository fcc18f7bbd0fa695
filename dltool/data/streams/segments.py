"""Which characters of which file belong to which part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dltool.data.files.text_lines import Encoding
from dltool.data.files.text_pieces import text_pieces
from dltool.errors import InputError, Problem


@dataclass(frozen=True)
class Segment:
    """The characters of a file from `low` to before `high`, which are all of one part."""

    path: Path
    encoding: Encoding
    part: str
    low: int
    high: int

    def pieces(self) -> Iterator[str]:
        """The text."""
        place = 0
        for piece in text_pieces(self.path, self.encoding):
            if place >= self.high:
                return
            if text := piece[max(0, self.low - place) : self.high - place]:
                yield text
            place += len(piece)


def segments_of(paths: Sequence[Path], encoding: Encoding, shares: Mapping[str, float]) -> list[Segment]:
    """The segments of files one after the other: first those of "train", then each part's share of all characters.

    Raises InputError for an empty file.
    """
    lengths = [sum(map(len, text_pieces(path, encoding))) for path in paths]
    if empty := [path for path, length in zip(paths, lengths, strict=True) if not length]:
        raise InputError(*(Problem("the file is empty", str(path)) for path in empty))
    total = sum(lengths)
    counts = {part: round(share * total) for part, share in shares.items()}
    counts = {"train": total - sum(counts.values()), **counts}
    found, place, start = [], 0, 0
    ends = {}
    for part, count in counts.items():
        ends[part] = (place, place + count)
        place += count
    for path, length in zip(paths, lengths, strict=True):
        for part, (low, high) in ends.items():
            first, last = max(low - start, 0), min(high - start, length)
            if first < last:
                found.append(Segment(path, encoding, part, first, last))
        start += length
    order = [*counts]
    return sorted(found, key=lambda one: order.index(one.part))
