"""Names of all inputs, codes and outputs of a network.

They follow from the preprocessing in a checkpoint, so that two trainings can be compared position by position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dltool.data.preprocessing.features import ArrayPreparation, TablePreparation
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.samples.signature import CodeField
from dltool.data.sources.source import Source
from dltool.data.targets.target import Target

#: fields of an encoder that do not change the scaling: words, which are matched one by one, their counts, and the fill
#: value for missing numbers
_MATCHED = ("column", "words", "vocabulary", "counts", "missing", "length", "width", "buckets", "fill")


@dataclass(frozen=True)
class Names:
    """Names of positions along the axes of samples; None if unknown."""

    columns: Mapping[str, Sequence[str]]  # what each column of a table gives; nothing for sequences
    inputs: Sequence[str] | None  # the last axis of arrays
    codes: Mapping[str, Sequence[str]]  # the codes of a column, from 0 on
    outputs: Sequence[str]  # what is predicted


def names_of(preprocessing: Preprocessing, source: Source) -> Names:
    """The names for a network that is trained on a source prepared so."""
    features, outputs = preprocessing.features, _outputs(preprocessing.target)
    if isinstance(features, TablePreparation):
        codes = {one.column: distinct(one.code_names) for one in features.encoders if one.field}
        return Names(_table_inputs(features, codes), None, codes, outputs)
    columns = source.column_names
    known = columns and features.feature_shape[-1:] == (len(columns),)
    inputs = distinct(columns) if known else None
    series = [field for field in features.codes if not field.mask]
    codes = {field.name: ("(unknown)", *distinct(preprocessing.source_state["series"])) for field in series}
    return Names(_inputs_of(series, codes), inputs, codes, outputs)


def differences(there: Preprocessing, here: Preprocessing) -> list[str]:
    """Differences in how two trainings prepare inputs of the same name: scaling, units, image size."""
    found = list(_feature_differences(there.features, here.features))
    scales = [target.scale.as_json() if target.scale else None for target in (there.target, here.target)]
    if there.target.task == here.target.task == "numbers" and set(there.target.names) & set(here.target.names):
        found += _changes("the target", {"scaling": scales[0]}, {"scaling": scales[1]})
    return found


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The same names, with a number added to repeated ones."""
    seen: Counter[str] = Counter()
    made = []
    for name in names:
        seen[name] += 1
        made.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return tuple(made)


def _table_inputs(features: TablePreparation, codes: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Names for all columns with codes in their order, then for all numbers; none of them twice."""
    columns = _inputs_of(features.codes, codes)
    columns |= {encoder.column: list(encoder.names) for encoder in features.encoders if encoder.names}
    names = iter(distinct(name for of_column in columns.values() for name in of_column))
    return {column: tuple(islice(names, len(of_column))) for column, of_column in columns.items()}


def _inputs_of(fields: Iterable[CodeField], codes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Names of what codes give: places of a one-hot vector or of an embedding; none for sequences."""
    columns: dict[str, list[str]] = {}
    for field in fields:
        if field.sequence:
            columns[field.name] = []
        elif field.width is None:
            columns[field.name] = [f"{field.name} = {word}" for word in codes[field.name]]
        else:
            columns[field.name] = [f"{field.name} embedded {i + 1} of {field.width}" for i in range(field.width)]
    return columns


def _outputs(target: Target) -> Sequence[str]:
    return distinct(target.classes or target.names)


def _feature_differences(there: Any, here: Any) -> Iterator[str]:
    if isinstance(there, TablePreparation) and isinstance(here, TablePreparation):
        before = {encoder.column: encoder for encoder in there.encoders}
        for encoder in here.encoders:
            if encoder.column in before:
                states = [
                    {key: value for key, value in one.as_json().items() if key not in _MATCHED}
                    for one in (before[encoder.column], encoder)
                ]
                yield from _changes(f"'{encoder.column}'", *states)
    elif isinstance(there, ArrayPreparation) and isinstance(here, ArrayPreparation):
        yield from _changes("features", there.as_json(), here.as_json())


def _changes(what: str, there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    changed = [key for key in {**there, **here} if there.get(key) != here.get(key)]
    if changed:
        listed = ", ".join(f"{key} {_short(there.get(key))} there, {_short(here.get(key))} here" for key in changed)
        yield f"{what}: {listed}"


def _short(value: Any) -> str:
    """A setting in few characters."""
    if isinstance(value, Mapping):
        return "(x − {}) · {}".format(*(_short(value[key]) for key in ("offset", "factor")))
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_short, value[:4]))}{', …' if len(value) > 4 else ''}]"
    if isinstance(value, float):
        return f"{value:.4g}"
    return "none" if value is None else str(value)
