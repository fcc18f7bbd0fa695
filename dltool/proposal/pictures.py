"""Images as `init` sees them: the size to resize them to, and which are damaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from dltool.data.images.header import Header
from dltool.data.images.reader import ImageReader
from dltool.data.readers.outline import Outline, Request
from dltool.data.sources.images import Images
from dltool.errors import Problem
from dltool.findings import Finding, note, warning
from dltool.formatting import first_few, plural
from dltool.proposal.seen import Seen

#: images of each part to decode, to find damaged ones
TRIED_OUT = 2000
#: longest side in pixels after resizing: larger images train slowly on a CPU
LONGEST = 64
#: damaged files that a line lists
LISTED = 5


def look_at_images(paths: Mapping[str, str]) -> Seen:
    """The fields of an `images` source for each part; all get one size if the training images differ in size."""
    fields: dict[str, dict[str, Any]] = {}
    outlines: dict[str, Outline] = {}
    findings: list[Finding] = []
    size: dict[str, Any] = {}
    request = Request()
    for part in sorted(paths, key=lambda part: part != "train"):
        with Images(path=paths[part]).open([], request) as first:
            size = _size(first.headers) if part == "train" else size
            fields[part] = {"path": paths[part], **size}
            reader = ImageReader(first.files, Images.model_validate(fields[part]), request, first.looks)
            rows = len(reader.files.names)
            tried, problems, same = reader.try_out(TRIED_OUT)
            findings += map(note, reader.outline.notes)
            if problems:
                findings.append(_damaged([*problems.values()], reader))
                looks = {**reader.looks, **problems}
                reader.files.names = [name for name in reader.files.names if name not in problems]
                reader = ImageReader(reader.files, Images.model_validate(fields[part]), request, looks)
                fields[part]["damaged"] = "skip"
            if tried < rows:
                message = f"looked at the headers of all {rows:,} images and the pixels of {tried:,}"
                findings.append(note(f"{reader.files.where}: {message}; dltool check decodes all of them"))
            findings += map(note, reader.remarks())
            if same:
                message = f"{plural(len(same), 'image')} of a single color: {first_few(same, LISTED)}"
                findings.append(note(f"{reader.files.where}: {message}"))
            outlines[part] = reader.outline
        request = Request(shape=outlines["train"].feature_shape, dtype=outlines["train"].feature_dtype)
    return Seen(fields, outlines, image=True, findings=findings)


def _size(headers: Sequence[Header]) -> dict[str, Any]:
    """The size to resize images to: the median, unless all have the same size and it is not large."""
    sizes = [one.size for one in headers]
    if len(set(sizes)) == 1 and max(sizes[0]) <= 2 * LONGEST:
        return {}
    height, width = (median(side) for side in zip(*sizes, strict=True))
    shrink = min(1.0, LONGEST / max(height, width))
    return {"size": [max(1, round(height * shrink)), max(1, round(width * shrink))]}


def _damaged(problems: Sequence[Problem], reader: ImageReader) -> Finding:
    listed = ", ".join(f"{problem.where} ({problem.message})" for problem in problems[:LISTED])
    more = f" and {len(problems) - LISTED} more" if len(problems) > LISTED else ""
    count = f"{len(problems)} of {plural(reader.outline.rows, 'image')}"
    return warning(f"{count} cannot be used and are left out (damaged: skip): {listed}{more}", reader.files.where)
