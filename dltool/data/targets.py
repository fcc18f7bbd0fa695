"""What is to be predicted: whether targets are classes or numbers, and the arrays that a loss takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.data.quoting import shown
from dltool.data.source import Outline
from dltool.errors import InputError, Problem, did_you_mean

#: integers with more different values than this are numbers, unless the config says otherwise
MOST_CLASSES = 100
#: above this, taking integers for classes deserves a note
MANY_CLASSES = 20


@dataclass(frozen=True)
class Target:
    """Names of the targets, and for a classifier the names of its classes in the order of their labels."""

    names: tuple[str, ...]
    classes: tuple[str, ...] | None


def understand(outline: Outline) -> tuple[Target, list[str]]:
    """The target of a source, with notes on what was taken for what.

    Unless the task is given, text, booleans and integers with at most MOST_CLASSES different values are classes;
    floats, other integers and several targets are numbers. Classes are sorted. Raises InputError for a single class.
    """
    names = tuple(outline.targets)
    name, values = next(iter(outline.targets.items()))
    if outline.task == "numbers" or (outline.task == "auto" and (len(names) > 1 or values.dtype.kind == "f")):
        return Target(names, None), []
    if len(names) > 1:
        raise InputError(Problem(f"classes can be predicted for one target, not for {len(names)}", outline.where))
    found = np.unique(values)
    if outline.task == "auto" and values.dtype.kind in "iu" and len(found) > MOST_CLASSES:
        note = f"target '{name}' has {len(found)} different integers: taken as numbers (task: classes for classes)"
        return Target(names, None), [note]
    classes = [_class_name(value, name, outline) for value in found]
    if len(classes) == 1:
        raise InputError(
            Problem(f"all rows have the class {shown(classes[0])}; there is nothing to tell apart", outline.where)
        )
    notes = []
    if outline.task == "auto" and values.dtype.kind in "iu" and len(found) > MANY_CLASSES:
        notes = [f"target '{name}' has {len(found)} different integers: taken as classes (task: numbers for numbers)"]
    return Target(names, tuple(classes)), notes


def encode(outline: Outline, target: Target) -> np.ndarray:
    """Labels (rows,) int64 of the target's classes, or numbers (rows, targets) float32."""
    if len(outline.targets) != len(target.names):
        message = f"{len(outline.targets)} targets, the training part has {len(target.names)}"
        raise InputError(Problem(message, outline.where))
    if target.classes is None:
        columns = [_numbers(name, values, outline) for name, values in outline.targets.items()]
        return np.stack(columns, axis=1)
    name, values = next(iter(outline.targets.items()))
    found, inverse = np.unique(values, return_inverse=True)
    label = {class_name: i for i, class_name in enumerate(target.classes)}
    codes = np.array([label.get(_class_name(value, name, outline), -1) for value in found], dtype=np.int64)
    labels = codes[inverse]
    unknown = np.flatnonzero(labels < 0)
    if unknown.size:
        word = _class_name(values[unknown[0]], name, outline)
        message = f"{shown(word)} is not a class of the training data; {did_you_mean(word, target.classes)}"
        raise InputError(Problem(message, outline.place(int(unknown[0]))))
    return labels


def _numbers(name: str, values: np.ndarray, outline: Outline) -> np.ndarray:
    if values.dtype.kind in "OU":
        message = f"target '{name}' holds text such as {shown(values[0])}, where numbers are needed"
        raise InputError(Problem(message, outline.where))
    return values.astype(np.float32)


def _class_name(value: Any, name: str, outline: Outline) -> str:
    """The name of a class from one value of a target: that of a whole number is the same for integers and floats."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        if value != int(value):
            raise InputError(Problem(f"target '{name}' holds {value:g}, which names no class", outline.where))
        return str(int(value))
    return str(value)
