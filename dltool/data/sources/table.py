"""Tables: CSV, TSV, JSON lines, Parquet, Excel workbooks. One or several columns are the target, the rest features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from dltool.config.columns import ColumnName, ColumnNames, SomeColumnNames
from dltool.config.description import Component
from dltool.data.column_types.column_type import ColumnType
from dltool.data.column_types.number import Number
from dltool.data.files.paths import locate_all
from dltool.data.readers.outline import INPUTS, Request, Task
from dltool.data.readers.reader import Reader
from dltool.data.sources.source import Source
from dltool.data.tables.column_names import matching, unmatched
from dltool.data.tables.database import Database
from dltool.data.tables.dialect import Dialect
from dltool.data.tables.formats import open_table
from dltool.data.tables.reader import TableReader, TargetOptions
from dltool.data.tables.recognition import find_columns, storage
from dltool.data.tables.table_file import TEXT, TableFile
from dltool.errors import InputError, Problem
from dltool.registry import register


@register("source", "table")
class Table(Source):
    """A CSV, TSV, JSON lines or Parquet file, gzipped or not, or an Excel workbook; one row is one sample."""

    mixed_units: ClassVar[bool] = True

    path: str = Field(description="of the file; wildcards match several files with the same columns")
    target: ColumnName | SomeColumnNames = Field(
        description="column, or columns, to predict; inputs: the features themselves, to be reconstructed"
    )
    columns: SomeColumnNames | None = Field(
        default=None, description="of the features; by default all except the target and 'exclude'"
    )
    exclude: ColumnNames = Field(default=[], description="columns to leave out")
    weight: ColumnName | None = Field(
        default=None,
        description="column that says how much each row counts in the loss, in proportion to the mean of the training"
        " rows; it is no feature, and metrics count every row once",
    )
    task: Task = Field(
        default="auto", description="classes: one of several classes; multilabel: several labels, each 0 or 1; numbers"
    )
    label_separator: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="separator of labels, if each cell of the target lists all labels of its row"
    )
    rename_labels: dict[str | int, str] = Field(default={}, description="classes or labels in the file: their names")
    class_order: list[str | int] = Field(
        default=[],
        description="all classes from the lowest to the highest, for `loss: ordinal`; by default numbers by size, and"
        " text by the alphabet",
    )
    types: dict[ColumnName, Annotated[ColumnType, Component("type")]] = Field(
        default={},
        description="types of columns, by name or pattern: number, date, boolean or text; types of other columns are"
        " inferred from the training data and kept for all other data",
    )
    missing: list[str] | None = Field(
        default=None,
        description="words for missing values, besides empty cells, in all columns but the target; by default NA, N/A,"
        " NaN, nan, null, NULL, None and ? for numbers, dates and booleans, and none for text",
    )
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None, description="between the fields of a line; detected by default, as is 'header'"
    )
    quote: Literal['"', "'", ""] | None = Field(
        default=None, description="around fields; '' if quotes have no special meaning"
    )
    header: bool | None = Field(default=None, description="whether the first line names the columns")
    names: ColumnNames = Field(default=[], description="of the columns, instead of a header")
    skip: NonNegativeInt = Field(default=0, description="lines to leave out before the header")
    sheet: str | None = Field(default=None, description="of an Excel workbook; the first by default")
    decimal: Literal[".", ","] | None = Field(default=None, description="decimal mark; detected by default")
    encoding: Literal["utf-8", "utf-16", "latin-1"] = "utf-8"
    missing_target: Literal["refuse", "drop"] = Field(
        default="refuse", description="how to treat rows without a target"
    )

    @model_validator(mode="after")
    def _fields_fit_each_other(self) -> Self:
        if self.columns and self.exclude:
            raise ValueError("expected 'columns' or 'exclude', not both")
        if self.label_separator and (self.task not in ("auto", "multilabel") or len(self._targets) > 1):
            raise ValueError("'label_separator' is for one target column whose cells list labels")
        if self.class_order and (
            self.label_separator or self.task not in ("auto", "classes") or len(self._targets) > 1
        ):
            raise ValueError("'class_order' is for one target column of classes")
        if self.class_order and len({*map(str, self.class_order)}) < max(2, len(self.class_order)):
            raise ValueError("expected at least two classes in 'class_order', each of them once")
        return self

    def at(self, path: str) -> Self:
        """The same source on another file, which needs only the columns used in training."""
        sheet = self.sheet if Path(path).suffix.lower() in (".xlsx", ".xlsm") else None
        return super().at(path).model_copy(update={"columns": None, "exclude": [], "sheet": sheet})

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """All files that match the path."""
        return locate_all(self.path, folders, "path")

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the requested columns into a database."""
        files = self._files(folders, request)
        reconstructs = self.target == INPUTS and INPUTS not in files[0].columns
        targets = self._targets if request.targets and not reconstructs else []
        features = self._features(files[0], request, targets)
        others = [name for name in dict.fromkeys([*features, *request.extras]) if name not in targets]
        keep = list(files[0].columns) if request.keep_all else list(request.keep)
        given = {**request.types, **matching(self.types, list(files[0].columns))}
        expected = matching(request.declared, features) if not request.types else {}
        asked = self._expected_targets(targets)
        texts = dict.fromkeys([*targets, *keep], TEXT)
        stored = {**storage(files, others, given, expected, self.missing), **texts}
        database = Database(files, stored, request.memory)
        try:
            columns = {
                **find_columns(database, others, given, expected, self.missing),
                **find_columns(database, targets, given, asked),
            }
            options = TargetOptions(
                INPUTS if reconstructs else "classes" if self.class_order else self.task,
                self.label_separator or "",
                self.rename_labels,
                tuple(map(str, self.class_order)),
                drop_missing=self.missing_target == "drop",
            )
            return TableReader(
                database,
                columns,
                features,
                targets,
                options,
                request.extras,
                keep,
                request.bad,
                fitting=not request.types,
            )
        except BaseException:
            database.close()
            raise

    def _files(self, folders: Sequence[Path], request: Request) -> list[TableFile]:
        """All files; raises InputError unless they have the same columns."""
        dialect = Dialect(
            delimiter=self.delimiter,
            quote=self.quote,
            header=False if self.names and self.header is None else self.header,
            names=tuple(self.names),
            skip=self.skip,
            decimal=self.decimal,
            sheet=self.sheet,
            encoding=self.encoding,
            expected=request.features if request.types else (),
        )
        files = [open_table(path, dialect) for path in locate_all(self.path, folders, "path")]
        for file in files[1:]:
            if different := set(files[0].columns) ^ set(file.columns):
                names = ", ".join(f"'{name}'" for name in sorted(different))
                raise InputError(Problem(f"has other columns than {files[0].path}: {names}", str(file.path)))
        return files

    def _expected_targets(self, targets: Sequence[str]) -> dict[str, str]:
        """The SQL types of targets that follow from the task."""
        if self.label_separator:
            return dict.fromkeys(targets, TEXT)
        return dict.fromkeys(targets, Number.sql_type) if self.task == "numbers" else {}

    @property
    def _targets(self) -> list[str]:
        return [self.target] if isinstance(self.target, str) else self.target

    def _features(self, file: TableFile, request: Request, targets: Sequence[str]) -> list[str]:
        """Names of the columns to read; raises InputError for names that the file does not have."""
        problems = [*_unknown(file, targets, "target"), *_unknown(file, self.exclude, "exclude")]
        problems += _unknown(file, self.columns or [], "columns")
        for name in (*request.features, *request.extras, *request.keep):
            problems += _unknown(file, [name], request.named_by.get(name, ""))
        problems += [
            Problem(f"'{name}' is the target, it cannot be a feature", str(file.path), "columns")
            for name in self.columns or []
            if name in self._targets
        ]
        problems += unmatched(self.types, list(file.columns), "types")
        if problems:
            raise InputError(*dict.fromkeys(problems))
        # columns that divide the training rows are not features, unless the config says so
        extras = {*request.extras} - {*matching(request.declared, request.extras)} if request.targets else ()
        left_out = {*self._targets, *self.exclude, *extras}
        others = [name for name in file.columns if name not in left_out]
        names = list(request.features) or self.columns or others
        if not names:
            raise InputError(Problem("no column is left for the features", str(file.path)))
        return names


def _unknown(file: TableFile, names: Sequence[str], field: str) -> Iterator[Problem]:
    for name in names:
        if name not in file.columns:
            yield Problem(f"no column '{name}'; {file.without(name)}", str(file.path), field)
