"""Opening the data of an experiment: reading its sources, dividing them into parts, and preparing these.

`read_signature` does the same without the features, for all that only plans. `prepare` gives samples of another source
the form that a training has settled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from dltool.config.experiment import PARTS, DataConfig
from dltool.data.plan import Plan, make_plan
from dltool.data.preprocessing import Preprocessing
from dltool.data.scaling import Scaling, suitable
from dltool.data.signature import Dataset, Part, Signature
from dltool.data.source import Outline, Samples, Source
from dltool.data.targets import encode
from dltool.errors import InputError


def open_dataset(data: DataConfig, folders: Sequence[Path], preprocessing: Mapping[str, Any] | None = None) -> Dataset:
    """All parts in memory, scaled by numbers fitted on the training part, or by the `preprocessing` of a checkpoint.

    Relative paths start from the working directory, else from one of `folders`. Raises InputError with every
    problem of the first source that has some.
    """
    settled = Preprocessing.from_json(preprocessing) if preprocessing else None
    samples = _read(data, folders, settled)
    plan = make_plan(data, {source: read.outline for source, read in samples.items()}, settled and settled.target)
    features = {part: samples[source].features[rows] for part, (source, rows) in plan.rows.items()}
    notes = plan.notes
    if settled is None:
        scaling, more_notes = _scaling(data, samples["train"].outline)
        notes = [*notes, *more_notes]
        settled = _settled(samples["train"].outline, plan, scaling, features["train"])
    for read in samples.values():
        settled.require_alike(read.outline)
    parts = {
        part: settled.part(features[part], plan.targets(part), samples[source].outline.where)
        for part, (source, _) in plan.rows.items()
    }
    signature = settled.signature({part: len(prepared.targets) for part, prepared in parts.items()})
    return Dataset(signature, parts, settled.as_json(), _fingerprint(samples, plan), notes)


def read_signature(data: DataConfig, folders: Sequence[Path]) -> Signature:
    """The signature, from targets and headers alone; offset and factor are not fitted, they only have their shape."""
    outlines: dict[str, Outline] = {}
    for part, source in _sources(data).items():
        with _blaming(_place(part, source)):
            outlines[part] = source.outline(folders, outlines["train"].feature_names if outlines else ())
    plan = make_plan(data, outlines)
    main = outlines["train"]
    blank = np.zeros((1, *main.feature_shape), main.feature_dtype)
    settled = _settled(main, plan, _scaling(data, main)[0], blank)
    for outline in outlines.values():
        settled.require_alike(outline)
    return settled.signature({part: len(plan.targets(part)) for part in plan.rows})


def prepare(source: Source, preprocessing: Mapping[str, Any], folders: Sequence[Path]) -> Part:
    """All samples of a source as a network was trained to take them; raises InputError where they do not fit it."""
    settled = Preprocessing.from_json(preprocessing)
    with _blaming(source.yaml_name):
        samples = source.read(folders, settled.feature_names)
    settled.require_alike(samples.outline)
    return settled.part(samples.features, encode(samples.outline, settled.target), samples.outline.where)


def _read(data: DataConfig, folders: Sequence[Path], settled: Preprocessing | None) -> dict[str, Samples]:
    """Every source, by the part that it is given for."""
    samples: dict[str, Samples] = {}
    names = settled.feature_names if settled else ()
    for part, source in _sources(data).items():
        with _blaming(_place(part, source)):
            samples[part] = source.read(folders, names)
        names = samples["train"].outline.feature_names
    return samples


def _sources(data: DataConfig) -> dict[str, Source]:
    own = {part: getattr(data, part) for part in PARTS[1:] if getattr(data, part)}
    return {"train": cast(Source, data.source), **own}


def _place(part: str, source: Source) -> str:
    return f"data.{source.yaml_name}" if part == "train" else f"data.{part}.{source.yaml_name}"


@contextmanager
def _blaming(path: str) -> Iterator[None]:
    """Problems of a source, with its place in the config."""
    try:
        yield
    except InputError as error:
        problems = [replace(p, path=f"{path}.{p.path}" if p.path else path) for p in error.problems]
        raise InputError(*problems) from None


def _scaling(data: DataConfig, outline: Outline) -> tuple[Scaling, list[str]]:
    """The scaling, with a note where the config leaves the choice."""
    if data.scaling:
        return cast(Scaling, data.scaling), []
    return suitable(outline.feature_dtype, mixed_units=cast(Source, data.source).mixed_units)


def _settled(outline: Outline, plan: Plan, scaling: Scaling, features: np.ndarray) -> Preprocessing:
    return Preprocessing(
        feature_shape=outline.feature_shape,
        feature_dtype=outline.feature_dtype,
        feature_names=outline.feature_names,
        target=plan.target,
        scale=scaling.fit(features),
    )


def _fingerprint(samples: Mapping[str, Samples], plan: Plan) -> str:
    """SHA-256 over names, shapes, types and values of all that was read."""
    digest = hashlib.sha256()
    for source, read in samples.items():
        arrays = [np.ascontiguousarray(read.features), np.ascontiguousarray(plan.encoded[source])]
        kinds = [(array.dtype.str, array.shape) for array in arrays]
        digest.update(json.dumps([source, read.outline.feature_names, plan.target.classes, kinds]).encode())
        for array in arrays:
            digest.update(array.data)
    return digest.hexdigest()
