"""Other shapes and orders of axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dltool.importing.network import Layer, Unknown
from dltool.importing.onnx.reading import BATCH, BRACKET, CHANNELS, Axes, OnnxNode, Value, translates


@translates("Transpose")
def _transpose(node: OnnxNode) -> None:
    value = node.value()
    order = node.get("perm", list(reversed(range(len(value.axes)))))
    node.name_value(replace(value, axes=tuple(value.axes[axis] for axis in order)))


@translates("Squeeze")
def _squeeze(node: OnnxNode) -> None:
    value, given = node.value(), node.constant(1) if len(node.inputs) > 1 else node.get("axes")
    lengths = node.shape()
    chosen = range(len(lengths)) if given is None else [int(axis) % len(lengths) for axis in np.atleast_1d(given)]
    gone = [axis for axis in chosen if lengths[axis] == 1]
    if any(value.axes[axis] != BRACKET for axis in gone):
        raise Unknown("takes an axis away that has a meaning")
    node.name_value(replace(value, axes=tuple(axis for i, axis in enumerate(value.axes) if i not in gone)))


@translates("Unsqueeze")
def _unsqueeze(node: OnnxNode) -> None:
    value = node.value()
    given = np.atleast_1d(np.asarray(node.constant(1) if len(node.inputs) > 1 else node.get("axes")))
    axes = list(value.axes)
    for place in sorted(int(axis) % (len(axes) + given.size) for axis in given):
        axes.insert(place, BRACKET)
    node.name_value(replace(value, axes=tuple(axes)))


@translates("Flatten")
def _flatten(node: OnnxNode) -> None:
    value = node.value()
    if value.axes[0] != BATCH or node.get("axis", 1) != 1:
        raise Unknown("has a counterpart only behind the batch")
    _add_flatten(node, value)


@translates("Reshape")
def _reshape(node: OnnxNode) -> None:
    value, made = node.value(), node.made_shape
    groups = list(_groups(node.shape(), made))
    merged = [[value.axes[axis] for axis in group if value.axes[axis] != BRACKET] for group in groups]
    if len(merged) == len(made) and all(len(group) <= 1 for group in merged):  # brackets come and go
        node.name_value(replace(value, axes=tuple(group[0] if group else BRACKET for group in merged)))
    elif value.axes[0] == BATCH and len(made) == 2 and len(merged) == 2:
        _add_flatten(node, value)
    elif len(merged) == len(made) and all(len(group) <= 1 or group == ["D", CHANNELS] for group in merged):
        axes = tuple(CHANNELS if len(group) == 2 else group[0] if group else BRACKET for group in merged)
        node.name_value(replace(value, axes=axes))  # both directions of a recurrent layer side by side
    elif value.axes == (BATCH, *range(len(value.axes) - 2), CHANNELS) and made[0] == node.shape()[0]:
        axes = (BATCH, *range(len(made) - 2), CHANNELS)
        node.add([Layer("reshape", {"shape": [int(length) for length in made[1:]]})], [value], axes)
    else:
        raise Unknown(f"to {list(made)} has no counterpart")


@translates("Gather")
def _gather(node: OnnxNode) -> None:
    value, index = node.value(), node.constant(1)
    axis = node.get("axis", 0)
    if index is None or index.size != 1 or int(index.item()) not in (-1, node.shape()[axis] - 1):
        raise Unknown("has a counterpart only for the last step")
    kept = () if index.ndim == 0 else (BRACKET,)
    _take_last_step(node, value, axis, kept)


@translates("Slice")
def _slice(node: OnnxNode) -> None:
    value, lengths, made = node.value(), node.shape(), node.made_shape
    if np.any(np.not_equal(steps, 1) if (steps := node.constant(4)) is not None else False):
        raise Unknown("in steps, or from the end, has no counterpart")
    if lengths == made:
        node.name_value(value)
        return
    cut = [axis for axis, (old, new) in enumerate(zip(lengths, made, strict=True)) if old != new]
    starts = node.constant(1)
    last = starts is not None and starts.size == 1 and int(starts.item()) in (-1, lengths[cut[0]] - 1)
    if len(cut) != 1 or made[cut[0]] != 1 or not last:
        raise Unknown("has a counterpart only for the last step")
    _take_last_step(node, value, cut[0], (BRACKET,))


def _take_last_step(node: OnnxNode, value: Value, axis: int, kept: Axes) -> None:
    """The last step of a recurrent layer, which gives nothing else then."""

    def only_last(layer: Layer) -> Layer | None:
        whole = layer.fields.get("return_sequences") and not layer.fields.get("bidirectional")
        return replace(layer, fields={**layer.fields, "return_sequences": False}) if whole else None

    if not isinstance(value.axes[axis], int) or not node.change_layer(value, only_last):
        raise Unknown("has a counterpart only for the last step of a recurrent layer in one direction")
    node.name_value(replace(value, axes=(*value.axes[:axis], *kept, *value.axes[axis + 1 :])))


def _add_flatten(node: OnnxNode, value: Value) -> None:
    if not value.places:  # nothing but channels, perhaps in brackets
        node.name_value(replace(value, axes=(BATCH, CHANNELS)))
        return
    if tuple(sorted(value.places, key=int)) != value.places:
        raise Unknown("flattens axes in an order that has no counterpart")
    node.reading.flattened.add(value.channels_first)
    node.add([Layer("flatten")], [value], (BATCH, CHANNELS))


def _groups(old: Sequence[int], new: Sequence[int]) -> Iterator[list[int]]:
    """For each new axis the old ones that it is made of; raises Unknown where axes are split."""
    place = 0
    for number, length in enumerate(new):
        group, size = [], 1
        while place < len(old) and (size < length or (old[place] == 1 and number == len(new) - 1)):
            group.append(place)
            size *= old[place]
            place += 1
        if not group and place < len(old) and old[place] == length == 1:
            group.append(place)
            place += 1
        if size != length:
            yield from ()
            return
        yield group
