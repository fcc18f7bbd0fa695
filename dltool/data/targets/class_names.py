"""Classes and labels: their names in a file, and their numbers.

Names are stripped of surrounding blanks, and renamed by `rename_labels` of the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from dltool.data.files.quoting import shown
from dltool.data.readers.outline import Outline
from dltool.errors import InputError, Problem, did_you_mean
from dltool.formatting import first_few

#: renamings that a message lists
LISTED = 10
#: integers that lie no further apart are counted, not sorted
SMALL_RANGE = 1 << 20
#: rows that are looked at together
BLOCK = 1 << 20


def class_names(outline: Outline) -> list[str]:
    """The classes of the only target, in the order that is given, else sorted: integers as numbers, text as text.

    Raises InputError for a class that is not in the given order.
    """
    values = _only_target(outline)
    found, _ = distinct(np.ma.compressed(values))
    names = dict.fromkeys(_name(value, outline) for value in found)
    if outline.class_order:
        _require_ordered(outline, names)
        return list(outline.class_order)
    return sorted(names) if values.dtype.kind in "OU" else list(names)


def _require_ordered(outline: Outline, names: Iterable[str]) -> None:
    """Raises InputError with each class that the given order leaves out."""
    order = outline.class_order
    problems = [
        Problem(f"the class {shown(name)} is not in class_order; {did_you_mean(name, order)}", outline.where)
        for name in names
        if name not in order
    ]
    if problems:
        raise InputError(*problems[:LISTED])


def encode_classes(outline: Outline, classes: Sequence[str]) -> np.ndarray:
    """Numbers of the classes (rows,) of the only target, in the smallest type that holds them."""
    values = _only_target(outline)
    found, inverse = distinct(_filled(values))
    number = {name: i for i, name in enumerate(classes)}
    names = [_name(value, outline) for value in found]
    encoded = np.array([number.get(name, -1) for name in names], np.min_scalar_type(-max(1, len(classes))))[inverse]
    unknown = np.flatnonzero(encoded < 0)
    if unknown.size:
        others = [name for name in names if name not in number]
        raise _unknown(outline, int(unknown[0]), names[inverse[unknown[0]]], others, classes, "class")
    return encoded


def distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different values, sorted, and the place of each value (n,) among them.

    What `np.unique` does by sorting all values; text and integers of a small range, as targets are, need no sorting.
    """
    if values.dtype.kind == "O":
        found = sorted(set(values))
        number = {value: i for i, value in enumerate(found)}
        inverse = np.fromiter(map(number.__getitem__, values), np.int32, len(values))
        return np.array(found, dtype=object), inverse
    if np.can_cast(values.dtype, np.int64) and values.dtype.kind != "b" and len(values):
        low = int(values.min())
        if int(values.max()) - low < SMALL_RANGE:
            return _distinct_integers(values, low)
    return np.unique(values, return_inverse=True)


def _distinct_integers(values: np.ndarray, low: int) -> tuple[np.ndarray, np.ndarray]:
    """The same for integers from `low` on."""
    blocks = [slice(start, start + BLOCK) for start in range(0, len(values), BLOCK)]
    occurs = np.zeros(int(values.max()) - low + 1, bool)
    for block in blocks:
        occurs[np.subtract(values[block], low, dtype=np.intp)] = True
    number = np.cumsum(occurs) - 1
    inverse = np.empty(len(values), np.min_scalar_type(int(number[-1])))
    for block in blocks:
        inverse[block] = number[np.subtract(values[block], low, dtype=np.intp)]
    return np.flatnonzero(occurs) + low, inverse


def rows_of_classes(encoded: np.ndarray, classes: int = 0) -> np.ndarray:
    """How many rows (classes,) there are of each class."""
    most = max(classes, int(encoded.max(initial=-1)) + 1)
    blocks = (encoded[start : start + BLOCK] for start in range(0, len(encoded), BLOCK))
    return sum((np.bincount(block, minlength=most) for block in blocks), np.zeros(most, np.int64))


def two_valued(values: np.ndarray) -> bool:
    """Whether all values are 0 or 1, or booleans."""
    return values.dtype.kind == "b" or (values.dtype.kind in "iuf" and bool(np.isin(values, (0, 1)).all()))


def encode_labels(outline: Outline) -> np.ndarray:
    """0 or 1 (rows, k) float32 of targets that are a label each."""
    columns = []
    for name, values in outline.targets.items():
        if values.dtype.kind in "OU":
            word = shown(np.ma.compressed(values)[0])
            message = f"target '{name}' holds text such as {word}, where labels are 0 or 1"
            hint = (
                "; for lists of labels give what separates them: label_separator" if len(outline.targets) == 1 else ""
            )
            raise InputError(Problem(message + hint, outline.where))
        numbers = np.ma.filled(values, 0)
        other = np.flatnonzero((numbers != 0) & (numbers != 1))
        if other.size:
            message = f"target '{name}' holds {numbers[other[0]]:g}, where labels are 0 or 1"
            raise InputError(Problem(message, outline.place(int(other[0]))))
        columns.append(numbers.astype(np.float32))
    return np.stack(columns, axis=1)


def is_one_hot(outline: Outline) -> bool:
    """Whether each row that has targets has a 1 in just one of them, and 0 in all others."""
    return not _not_one_hot(outline).size


def one_hot_names(outline: Outline) -> tuple[str, ...]:
    """Names of the classes whose targets are one-hot: those of the columns, or their numbers where these end them."""
    names = list(outline.targets)
    stem = names[0].removesuffix("0")
    numbered = names == [f"{stem}{number}" for number in range(len(names))]
    return tuple(_renamed(str(number) if numbered else name, outline) for number, name in enumerate(names))


def encode_one_hot(outline: Outline) -> np.ndarray:
    """Numbers of the classes (rows,) int64 of targets that are one-hot; raises InputError for a row that is not."""
    if (odd := _not_one_hot(outline)).size:
        message = f"not one-hot: just one of the {len(outline.targets)} targets must be 1 in each row, all others 0"
        raise InputError(Problem(message, outline.place(int(odd[0]))))
    return np.stack([np.ma.filled(values, 0) for values in outline.targets.values()]).argmax(axis=0)


def _not_one_hot(outline: Outline) -> np.ndarray:
    """The rows (n,) whose targets are not one-hot; all where targets are text."""
    rows = np.arange(outline.rows)
    if not all(values.dtype.kind in "biuf" for values in outline.targets.values()):
        return rows
    there = ~np.any([np.ma.getmaskarray(values) for values in outline.targets.values()], axis=0)
    ones, zeros = (np.sum([values == sign for values in outline.targets.values()], axis=0) for sign in (1, 0))
    return rows[there & ~((ones == 1) & (ones + zeros == len(outline.targets)))]


def labels_of_lists(outline: Outline) -> list[str]:
    """All labels in the lists of the only target, sorted; raises InputError where there is none."""
    lists = _lists(outline, set(np.ma.compressed(_only_target(outline))))
    names = sorted({name for one in lists for name in one})
    if not names:
        message = f"no row has a label in column '{next(iter(outline.targets))}'; there is nothing to predict"
        raise InputError(Problem(message, outline.where))
    return names


def encode_label_lists(outline: Outline, labels: Sequence[str]) -> np.ndarray:
    """0 or 1 (rows, k) float32 from the lists of the only target; a missing one is empty."""
    found, inverse = distinct(np.ma.filled(_only_target(outline), ""))
    number = {name: i for i, name in enumerate(labels)}
    encoded = np.zeros((len(found), len(labels)), np.float32)
    unknown: dict[str, int] = {}
    for i, names in enumerate(_lists(outline, found)):
        for name in names:
            if name in number:
                encoded[i, number[name]] = 1
            else:
                unknown.setdefault(name, i)
    if unknown:
        name, i = next(iter(unknown.items()))
        raise _unknown(outline, int(np.flatnonzero(inverse == i)[0]), name, unknown, labels, "label")
    return encoded[inverse]


def _only_target(outline: Outline) -> np.ndarray:
    return next(iter(outline.targets.values()))


def _filled(values: np.ndarray) -> np.ndarray:
    """The values with some value that occurs in place of missing ones."""
    return np.ma.filled(values, np.ma.compressed(values)[0]) if np.ma.is_masked(values) else np.ma.getdata(values)


def _lists(outline: Outline, cells: Iterable[str]) -> list[list[str]]:
    """The labels in each cell."""
    split = (cell.split(outline.label_separator) for cell in cells)
    return [[_renamed(word.strip(), outline) for word in words if word.strip()] for words in split]


def _name(value: Any, outline: Outline) -> str:
    """The name of a class from one value of the target: that of a whole number is the same for integers and floats."""
    if isinstance(value, bool | np.bool_):
        name = "true" if value else "false"
    elif isinstance(value, float | np.floating):
        if value != int(value):
            row = int(np.flatnonzero(_only_target(outline) == value)[0])
            message = f"target '{next(iter(outline.targets))}' holds {value:g}, which names no class"
            raise InputError(Problem(message, outline.place(row)))
        name = str(int(value))
    else:
        name = str(value).strip()
    return _renamed(name, outline)


def _renamed(name: str, outline: Outline) -> str:
    return outline.rename_labels.get(name, name)


def _unknown(
    outline: Outline, row: int, name: str, others: Iterable[str], known: Sequence[str], kind: str
) -> InputError:
    """The error for a class or label that is not in the training data, with advice if only its spelling differs."""
    meant = {_bare(one): one for one in known}
    renaming = {other: meant[_bare(other)] for other in others if _bare(other) in meant}
    if name in renaming:
        listed = first_few([f'"{other}": "{one}"' for other, one in renaming.items()], LISTED)
        hint = f"if it is {shown(renaming[name])}, give this source: rename_labels: {{{listed}}}"
    else:
        hint = did_you_mean(name, known)
    return InputError(Problem(f"{shown(name)} is not a {kind} of the training data; {hint}", outline.place(row)))


def _bare(name: str) -> str:
    """A name without case, blanks and the full stop behind it."""
    return "".join(name.casefold().split()).rstrip(".")
