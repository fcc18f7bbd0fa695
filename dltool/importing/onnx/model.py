"""Models of ONNX: from the nodes that depend on samples to steps."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from dltool.errors import InputError, did_you_mean
from dltool.importing.network import Problems, ReadNetwork, Source, Trial, Unknown
from dltool.importing.onnx.computing import Computed, compute
from dltool.importing.onnx.reading import (
    BATCH,
    BRACKET,
    CHANNELS,
    TABLE,
    OnnxNode,
    Reading,
    Translate,
    Value,
    input_value,
)


def read_onnx(path: Path, shape: tuple[int, ...] | None = None) -> ReadNetwork:
    """The network of a file; raises InputError with everything that has no counterpart.

    `shape` is that of a sample, where the file leaves it open.
    """
    computed = compute(path, shape)
    taken = input_value(computed)
    reading = Reading(computed, {computed.input: taken})
    problems = Problems(str(path))
    for number, node in enumerate(computed.nodes):
        _add(reading, node, node.name or f"{node.op_type}_{number}", problems)
    output = reading.values.get(computed.output)
    if output is not None:
        _require_order(output, problems, computed.output)
    elif not problems.found:
        problems.add(f"output '{computed.output}'", "ends with operators that have no counterpart together")
    if len(reading.flattened) > 1:
        problems.add("Flatten", "flattens some values with channels first, others with channels last")
    if problems.found:
        raise InputError(*problems.found)
    assert output is not None
    return ReadNetwork(
        "torch" if computed.torch else None,
        _source(computed, taken),
        reading.steps,
        output.step,
        flattens_channels_first=reading.flattened == {True},
        trial=_trial(computed, taken),
    )


def _add(reading: Reading, node: Any, name: str, problems: Problems) -> None:
    """One more node; what follows from one without counterpart is not told."""
    from onnx import helper

    while name in reading.steps:
        name += "_again"
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    given = OnnxNode(name, node.op_type, list(node.input), list(node.output), attributes, reading)
    known = reading.values.keys() | reading.expressions.keys()
    unknown = [each for each in node.input if each in reading.computed.variable and each not in known]
    table = _table()
    try:
        if node.op_type not in table:
            raise Unknown(f"has no counterpart; {did_you_mean(node.op_type, table)}")
        if not unknown:
            table[node.op_type](given)
    except Unknown as reason:
        problems.add(f"{node.op_type} '{name}'", reason)


def _require_order(output: Value, problems: Problems, name: str) -> None:
    meaning = tuple(axis for axis in output.axes if axis != BRACKET)
    if meaning != (BATCH, CHANNELS):
        problems.add(f"output '{name}'", "has places; networks of dltool end with numbers for each sample")


def _trial(computed: Computed, taken: Value) -> Trial:
    samples = computed.arrays[computed.input]
    last = np.moveaxis(samples, 1, -1) if taken.channels_first else samples
    outputs = computed.arrays[computed.output]
    return Trial(last, outputs.reshape(len(outputs), -1))


def _source(computed: Computed, taken: Value) -> Source:
    lengths = dict(zip(taken.axes, computed.arrays[computed.input].shape, strict=True))
    places = sorted(axis for axis in taken.axes if isinstance(axis, int))
    return Source((*(lengths[place] for place in places), lengths[CHANNELS]), channels_first=taken.channels_first)


@cache
def _table() -> Mapping[str, Translate]:
    package = importlib.import_module("dltool.importing.onnx.ops")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return TABLE
