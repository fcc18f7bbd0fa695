"""Finding out what the columns of a database are: types that are given, or that all of their cells allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from dltool.data.column_types.boolean import Boolean
from dltool.data.column_types.column_type import MISSING, ColumnType, Kind
from dltool.data.column_types.date import Date
from dltool.data.column_types.date_formats import shape_of
from dltool.data.column_types.number import Integer, Number
from dltool.data.column_types.recognition import candidates, types_for
from dltool.data.column_types.text import Text
from dltool.data.tables.columns import NATURAL, Column
from dltool.data.tables.database import Database
from dltool.data.tables.table_file import TEXT, TableFile, kind_of

#: cells of one column, and of all together, that tell what the columns may be
SAMPLE, SAMPLE_CELLS, FEWEST = 400, 1 << 16, 20
#: bytes of text from which on numbers are read as such at once, and the rows that tell which columns hold them
LARGE, FIRST_ROWS = 16 << 20, 1000
#: codes that look like numbers (007, 1E2), by the type they would get, each with a condition in SQL
_ZERO, _AROUND = "digits that begin with 0", "digits around an E, such as 1E2,"
_CODES: Mapping[Kind, Mapping[str, str]] = {
    "integer": {_ZERO: "bool_or(regexp_matches({0}, '^[-+]?0[0-9]'))"},
    "number": {
        _AROUND: "bool_and(regexp_full_match({0}, '[0-9]+[eE][0-9]+'))",
        _ZERO: "bool_and(regexp_full_match({0}, '[0-9]+([eE][0-9]+)?')) AND bool_or(regexp_matches({0}, '^0[0-9]'))",
    },
}


def find_columns(
    database: Database,
    names: Sequence[str],
    given: Mapping[str, ColumnType],
    expected: Mapping[str, str],
    missing: Sequence[str] | None = None,
) -> dict[str, Column]:
    """The columns of these names, by name.

    Their types are those `given`; else what all of their cells allow, among the types whose values are of an `expected`
    type in SQL where there is one. `missing` are the words that stand for missing values, unless a type has its own.
    """
    words = {
        name: Text(missing=None if missing is None else list(missing)) for name in names if expected.get(name) == TEXT
    }
    given = {**words, **given}
    columns = {
        name: Column(name, database.field(name), stored := database.stored[name], given.get(name) or _own_type(stored))
        for name in names
    }
    unknown = [name for name in names if name not in given]
    if database.file.as_text:  # numbers are stored as floats at once, though they may be whole
        floats = [name for name in unknown if columns[name].stored == Number.sql_type]
        fields = map(database.field, floats)
        fractions = database.single([f"count_if(isfinite({c}) AND {c} <> trunc({c}))" for c in fields])
        whole = [name for name, count in zip(floats, fractions, strict=True) if not count]
        columns |= {name: replace(columns[name], type=Integer()) for name in whole}
    texts = [columns[name] for name in unknown if columns[name].stored == TEXT]
    return {**columns, **(_Recognition(database, texts, expected, missing).columns() if texts else {})}


def storage(
    files: Sequence[TableFile],
    names: Sequence[str],
    given: Mapping[str, ColumnType],
    expected: Mapping[str, str],
    missing: Sequence[str] | None = None,
) -> dict[str, str]:
    """The types in SQL that columns are best stored as: text, but in large files floats where no more is needed."""
    stored = dict.fromkeys(names, TEXT)
    if not files[0].as_text or sum(file.path.stat().st_size for file in files) < LARGE:
        return stored
    with closing(Database(files, stored, limit=FIRST_ROWS)) as database:
        types = {name: column.type for name, column in find_columns(database, names, given, expected, missing).items()}
    plain = [name for name, one in types.items() if isinstance(one, Number) and one.plain and not one.missing]
    return {**stored, **dict.fromkeys(plain, Number.sql_type)}


@dataclass(frozen=True)
class _Fit:
    """How many cells of a column are not empty, how many not missing by a type, and how many of these it fits."""

    type: ColumnType
    written: int  # cells that are not empty
    filled: int
    fits: int

    @property
    def whole(self) -> bool:
        """Whether there are cells, and the type fits all of them."""
        return self.fits == self.filled > 0


class _Recognition:
    """Text columns, as what all of their cells are."""

    def __init__(
        self,
        database: Database,
        columns: Sequence[Column],
        expected: Mapping[str, str],
        missing: Sequence[str] | None,
    ):
        self._database, self._columns = database, {column.name: column for column in columns}
        self._expected, self._missing = expected, missing
        self._text = self._with_missing(Text())

    def columns(self) -> dict[str, Column]:
        """The columns with their types."""
        fits = self._fits(self._possible())
        if mark := _clear_mark(fits.values()):
            fits = {name: [fit for fit in each if _marked(fit.type) in (mark, None)] for name, each in fits.items()}
        found = {name: self._recognized(self._columns[name], each) for name, each in fits.items()}
        return {**found, **self._codes(found)}

    def _with_missing(self, one: ColumnType) -> ColumnType:
        return one if self._missing is None else one.with_missing(self._missing)

    def _possible(self) -> dict[str, list[ColumnType]]:
        """The types that a sample of its cells allows for each column."""
        decimals = self._database.file.decimals
        rows = max(FEWEST, min(SAMPLE, SAMPLE_CELLS // len(self._columns)))
        texts = {name: column.text(Text()) for name, column in self._columns.items()}
        words = {*(MISSING if self._missing is None else self._missing)}
        possible: dict[str, list[ColumnType]] = {}
        for name, sampled in self._database.sample(texts, rows).items():
            cells = [cell for cell in sampled.tolist() if cell is not None and cell not in words]
            if not cells:  # hardly any cell is filled
                cells = [cell for cell, _ in self._database.frequent(texts[name], FEWEST) if cell not in words]
            wanted = self._expected.get(name)
            found = types_for(wanted, cells, decimals) if wanted else candidates(cells, decimals)
            possible[name] = [self._with_missing(one) for one in found]
        return possible

    def _fits(self, possible: Mapping[str, Sequence[ColumnType]]) -> dict[str, list[_Fit]]:
        """How well possible types fit, those that fit most cells of a column, in order of preference."""
        tried = [(name, one) for name, types in possible.items() for one in types]
        fits: dict[str, list[_Fit]] = {name: [] for name in possible}
        for (name, one), fit in zip(tried, self._tried(tried), strict=True):
            if 2 * fit.fits > fit.filled or name in self._expected or isinstance(one, Date):
                fits[name].append(fit)
        return fits

    def _tried(self, types: Sequence[tuple[str, ColumnType]]) -> list[_Fit]:
        columns = [replace(self._columns[name], type=one) for name, one in types]
        written = {column.name: f"count({column.text(Text())})" for column in columns}
        values = [f"count({column.digits() if column.kind == 'integer' else column.cells})" for column in columns]
        answers = self._database.single([*written.values(), *values])
        counts = dict(zip(written, answers, strict=False))
        fits = answers[len(written) :]
        # only where some cells do not fit can there be words for missing values
        partly = [i for i, column in enumerate(columns) if fits[i] < counts[column.name]]
        texts = [f"count({columns[i].text(types[i][1])})" for i in partly]
        filled = dict(zip(partly, self._database.single(texts), strict=True))
        return [_Fit(one, counts[name], filled.get(i, counts[name]), fits[i]) for i, (name, one) in enumerate(types)]

    def _recognized(self, column: Column, fits: Sequence[_Fit]) -> Column:
        """A column, as the type that fits the most cells, the first of several."""
        text = replace(column, type=self._text)
        best = max(fits, key=lambda fit: fit.fits, default=None)
        if best is None or not best.filled:
            return replace(text, type=best.type) if best and column.name in self._expected else text
        if not best.whole and (several := self._several_formats(column, fits)):
            return replace(text, type=several)
        if best.whole or column.name in self._expected:
            rivals = [fit.type for fit in fits if fit.fits == best.fits and _differ(best.type, fit.type)]
            sound = best.fits == best.written
            return replace(text, type=best.type, rival=rivals[0] if rivals else None, sound=sound)
        mostly = 2 * best.fits > best.filled and not isinstance(best.type, Boolean)
        return replace(text, mixed=best.type) if mostly else text

    def _several_formats(self, column: Column, fits: Sequence[_Fit]) -> Date | None:
        """Dates in several formats, of which no two differ in the order of day and month alone."""
        best: dict[str, Date] = {}
        for fit in sorted(fits, key=lambda fit: -fit.fits):
            if isinstance(fit.type, Date) and fit.fits:
                best.setdefault(shape_of(fit.type.formats[0]), fit.type)
        if len(best) < 2 or len({one.offsets for one in best.values()}) > 1:
            return None
        (first, *_) = best.values()
        together = first.model_copy(update={"format": [form for one in best.values() for form in one.formats]})
        return together if self._tried([(column.name, together)])[0].whole else None

    def _codes(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        """Columns of digits that begin with 0, or around an E, which are no numbers unless numbers are expected."""
        found: dict[str, Column] = {}
        for kind, told in _CODES.items():
            asked = [column for column in columns.values() if column.kind == kind and column.name not in self._expected]
            conditions = [condition.format(column.text(self._text)) for column in asked for condition in told.values()]
            answers = iter(self._database.single(conditions))
            for column in asked:
                reasons = [reason for reason in told if next(answers)]
                if reasons:
                    found[column.name] = replace(column, type=self._text, codes=reasons[0])
        return found


def _own_type(stored: str) -> ColumnType | None:
    """The type of cells that have one in their file."""
    kind = kind_of(stored)
    return NATURAL[kind]() if kind in NATURAL else None


def _marked(one: ColumnType) -> str | None:
    """The decimal mark of a type whose numbers have one."""
    return one.decimal if isinstance(one, Number) and not isinstance(one, Integer) else None


def _clear_mark(fits: Iterable[Sequence[_Fit]]) -> str | None:
    """The decimal mark of columns that leave no doubt about theirs: it speaks for all columns."""
    clear: set[str | None] = set()
    for each in fits:
        most = max((fit.fits for fit in each), default=0)
        marks = {_marked(fit.type) for fit in each if fit.fits == most}
        clear |= marks if len(marks) == 1 else set()
    clear.discard(None)
    return clear.pop() if len(clear) == 1 else None


def _differ(one: ColumnType, other: ColumnType) -> bool:
    """Whether two types that fit the same cells give them other values."""
    if isinstance(one, Date) and isinstance(other, Date):
        return one.formats != other.formats and shape_of(one.formats[0]) == shape_of(other.formats[0])
    return None not in (_marked(one), _marked(other)) and _marked(one) != _marked(other)
