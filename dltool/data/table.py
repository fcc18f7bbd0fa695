"""Tables: CSV, TSV, JSON lines and Parquet. One or several columns are the target, the others features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from dltool.data.cells import require_numeric_columns, require_values
from dltool.data.paths import locate
from dltool.data.source import Outline, Samples, Source, Task
from dltool.data.table_file import TableFile
from dltool.data.table_formats import open_table
from dltool.errors import InputError, Problem, did_you_mean
from dltool.registry import register

#: what a target's column becomes in SQL
_TARGET_TYPES = {"text": "VARCHAR", "boolean": "BOOLEAN", "integer": "BIGINT", "number": "DOUBLE"}
_CORRECT = "a number is needed: correct this, or train without the column: exclude: [{}]"
_REMOVE = "a row without a target cannot be used: remove it"


@register("source", "table")
class Table(Source):
    """A CSV, TSV, JSON lines or Parquet file, gzipped or not; one row is one sample."""

    mixed_units: ClassVar[bool] = True

    path: str
    target: str | Annotated[list[str], Field(min_length=1)] = Field(description="column, or columns, to predict")
    columns: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, description="of the features; without it all but the target and 'exclude'"
    )
    exclude: list[str] = Field(default=[], description="columns to leave out")
    task: Task = Field(default="auto", description="whether the target is classes or numbers")

    @model_validator(mode="after")
    def _columns_are_given_one_way(self) -> Self:
        if self.columns and self.exclude:
            raise ValueError("expected 'columns' or 'exclude', not both")
        return self

    def outline(self, folders: Sequence[Path], features: Sequence[str] = ()) -> Outline:
        """Reads the targets, and of the features only names and types."""
        file = open_table(locate(self.path, folders, "path"))
        names = self._features(file, features)
        return self._outline(file, names, file.fetch(self._wanted_targets(file)))

    def read(self, folders: Sequence[Path], features: Sequence[str] = ()) -> Samples:
        """Reads all the columns that are needed, as float64."""
        file = open_table(locate(self.path, folders, "path"))
        names = self._features(file, features)
        types = ["BOOLEAN" if file.kind(name) == "boolean" else "DOUBLE" for name in names]
        wanted = {f"feature_{i}": pair for i, pair in enumerate(zip(names, types, strict=True))}
        arrays = file.fetch({**wanted, **self._wanted_targets(file)})
        columns = {name: arrays[alias] for alias, (name, _) in wanted.items()}
        require_values(file, columns, _CORRECT)
        outline = self._outline(file, names, arrays)
        return Samples(outline, np.stack(list(columns.values()), axis=1, dtype=np.float64, casting="unsafe"))

    def _outline(self, file: TableFile, names: Sequence[str], arrays: Mapping[str, np.ndarray]) -> Outline:
        targets = {name: arrays[f"target_{i}"] for i, name in enumerate(self._targets)}
        require_values(file, targets, _REMOVE)
        targets = {
            name: _as_integers(values) if file.kind(name) == "integer" else values for name, values in targets.items()
        }
        rows = len(next(iter(targets.values())))
        if not rows:
            raise InputError(Problem("a table without rows", str(file.path)))
        return Outline(
            where=str(file.path),
            place=lambda row: file.places([row])[0],
            rows=rows,
            feature_shape=(len(names),),
            feature_dtype="float32",
            feature_names=tuple(names),
            targets=targets,
            task=self.task,
        )

    @property
    def _targets(self) -> list[str]:
        return [self.target] if isinstance(self.target, str) else self.target

    def _features(self, file: TableFile, settled: Sequence[str]) -> list[str]:
        """Names of the columns to take; raises InputError for unknown names and for columns that hold no numbers."""
        problems = [*_unknown(file, self._targets, "target"), *_unknown(file, self.exclude, "exclude")]
        problems += [*_unknown(file, self.columns or [], "columns"), *_unknown(file, settled, "")]
        problems += [
            Problem(f"'{name}' is the target, it cannot be a feature", str(file.path), "columns")
            for name in self.columns or []
            if name in self._targets
        ]
        if problems:
            raise InputError(*problems)
        others = [name for name in file.columns if name not in self._targets and name not in self.exclude]
        names = list(settled) or self.columns or others
        if not names:
            raise InputError(Problem("no column is left for the features", str(file.path)))
        require_numeric_columns(file, names)
        return names

    def _wanted_targets(self, file: TableFile) -> dict[str, tuple[str, str]]:
        """The target columns and what they become in SQL, by alias."""
        wanted = {}
        for i, name in enumerate(self._targets):
            kind = file.kind(name)
            if kind == "other":
                message = (
                    f"column '{name}' holds values of type {file.columns[name].lower()}, which cannot be predicted"
                )
                raise InputError(Problem(message, str(file.path), "target"))
            # numbers may follow behind the rows that the type was guessed from, and would be rounded to integers
            as_type = "DOUBLE" if kind == "integer" and file.guessed else _TARGET_TYPES[kind]
            wanted[f"target_{i}"] = (name, as_type)
        return wanted


def _unknown(file: TableFile, names: Sequence[str], field: str) -> Iterator[Problem]:
    for name in names:
        if name not in file.columns:
            yield Problem(f"no column '{name}'; {did_you_mean(name, file.columns)}", str(file.path), field)


def _as_integers(values: np.ndarray) -> np.ndarray:
    """Whole numbers as integers; others as they are."""
    return values.astype(np.int64) if np.array_equal(values, np.trunc(values)) else values
