"""Looking at samples that are arrays: the meaning of their axes, and whether they are images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from dltool.data.arrays.axes import are_sides, channels_come_first, channels_come_last
from dltool.data.readers.outline import Outline, Request
from dltool.data.readers.reader import array_of
from dltool.data.sources.source import Source
from dltool.findings import note
from dltool.proposal.archives import npy_fields, npz_fields
from dltool.proposal.pictures import look_at_images
from dltool.proposal.recognition import Found
from dltool.proposal.seen import Seen
from dltool.registry import registered


class _Range(NamedTuple):
    """Of all values of an array."""

    low: float
    high: float
    whole: bool  # whole numbers only

    @property
    def of_pixels(self) -> bool:
        """Whether values lie in 0 to 1, or are whole numbers in 0 to 255, and use most of that range."""
        return self.low >= 0 and (0.5 < self.high <= 1 or (self.whole and 64 < self.high <= 255))


def look(found: Found) -> Seen:
    """The samples at the paths that were found; raises InputError if they cannot be read."""
    if found.kind == "images":
        return look_at_images({part: paths[0] for part, paths in found.parts.items()})
    fields = _fields(found)
    outlines = {part: _outline(found.kind, given) for part, given in fields.items()}
    if found.kind == "series" and (length := _common_length(outlines)):
        fields["train"]["length"] = length
        outlines = {part: _outline("series", {**given, "length": length}) for part, given in fields.items()}
    shape = outlines["train"].feature_shape
    values = {part: _range(found.kind, given) for part, given in fields.items()}["train"]
    if found.kind in ("npz", "npy") and channels_come_first(shape):
        fields = {part: {**given, "axes": "channels_first"} for part, given in fields.items()}
        outlines = {part: _outline(found.kind, given) for part, given in fields.items()}
        axes = f"read as {shape[0]} channels, height {shape[1]}, width {shape[2]} (axes: channels_first)"
        return Seen(fields, outlines, image=True, axes=axes)
    image, axes = _axes(found.kind, outlines["train"], values)
    return Seen(fields, outlines, image, axes, [note(text) for text in outlines["train"].notes])


def _common_length(outlines: Mapping[str, Outline]) -> int | None:
    """The length that series of all parts are padded to, if that of the training part does not fit the others."""
    lengths = [outline.feature_shape[0] for outline in outlines.values()]
    train = outlines["train"]
    alike = len(set(lengths)) == 1 and not any(outline.padded for outline in outlines.values())
    if alike or (train.padded and train.feature_shape[0] == max(lengths)):
        return None
    # series are padded only where the longest to train on is shorter
    return max(lengths) + (train.feature_shape[0] == max(lengths))


def _axes(kind: str, outline: Outline, values: _Range) -> tuple[bool, str]:
    """Whether samples are images, and a description of their axes."""
    shape = outline.feature_shape
    of_bytes = outline.feature_dtype == "uint8"
    if len(shape) == 3 and (of_bytes or channels_come_last(shape)):
        return True, f"read as height {shape[0]}, width {shape[1]}, {shape[2]} channels"
    if len(shape) == 2 and (of_bytes or (kind != "series" and are_sides(*shape) and values.of_pixels)):
        axes = "" if of_bytes else f", as values from {values.low:g} to {values.high:g} look like pixels"
        return True, f"read as height {shape[0]}, width {shape[1]}{axes}"
    if len(shape) > 1 and kind != "series":
        return False, f"{' × '.join(map(str, shape))} do not look like images: taken as independent numbers"
    return False, ""


def _range(kind: str, fields: Mapping[str, Any]) -> _Range:
    """The range of all features; raises InputError for values that cannot be trained on."""
    low, high, whole = np.inf, -np.inf, True
    with _source(kind, fields).open([], Request()) as reader:
        for chunk in reader.read({}):
            array = array_of(chunk)
            low, high = min(low, float(array.min())), max(high, float(array.max()))
            whole = whole and bool((array == np.rint(array)).all())
    return _Range(low, high, whole)


def _outline(kind: str, fields: Mapping[str, Any]) -> Outline:
    with _source(kind, fields).open([], Request()) as reader:
        return reader.outline


def _source(kind: str, fields: Mapping[str, Any]) -> Source:
    source: Source = registered("source")[kind].model_validate(fields)
    return source


def _fields(found: Found) -> Mapping[str, dict[str, Any]]:
    """The fields of the source of each part."""
    match found.kind:
        case "npz":
            given = {part: npz_fields(paths[0]) for part, paths in found.parts.items()}
            apart = {part: fields["train"] for part, fields in given.items() if part != "train"}
            return {**given["train"], **apart}
        case "npy":
            return {part: npy_fields(paths[0]) for part, paths in found.parts.items()}
        case "idx":
            return {part: {"images": paths[0], "labels": paths[1]} for part, paths in found.parts.items()}
    return {part: {"path": paths[0]} for part, paths in found.parts.items()}
