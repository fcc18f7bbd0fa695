"""The cells of a wide table in long form, so that one query can treat many columns alike.

duckdb plans every expression separately: for thousands of columns that takes much longer than running the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: more cells are not copied: there, the work takes longer than the planning
MOST_CELLS = 1 << 23
#: columns that are copied by one query
TOGETHER = 256
#: expressions over fewer columns than these are left to a query of their own
FEWEST = 16
#: a text in SQL, or the name of a column
_TOKEN = re.compile(r"'(?:[^']|'')*'|\bc(\d+)\b")


class LongForm:
    """The columns of `data` that hold text, as a table of column, row and cell."""

    def __init__(self, connection: DuckDBPyConnection, places: Sequence[int]):
        """Copies these columns, each told by its place in the table."""
        self._connection, self._places = connection, {*places}
        connection.execute("CREATE TABLE cells (place INTEGER, number INTEGER, cell VARCHAR)")
        for low in range(0, len(places), TOGETHER):
            some = places[low : low + TOGETHER]
            fields = ", ".join(f"c{place}" for place in some)
            listed = f"SELECT unnest({some}), rowid, unnest([{fields}]) FROM data"
            connection.execute(f"INSERT INTO cells {listed}")

    def single(self, expressions: Mapping[Any, str]) -> dict[Any, Any]:
        """Aggregates in SQL over the cells of one column each, by key; only those that many columns share."""
        columns: dict[int, dict[str, list[Any]]] = {}
        for key, place, template in self._templates(expressions):
            columns.setdefault(place, {}).setdefault(template, []).append(key)
        groups: dict[tuple[str, ...], list[int]] = {}
        for place, told in columns.items():
            groups.setdefault(tuple(told), []).append(place)
        found: dict[Any, Any] = {}
        for templates, places in groups.items():
            if len(places) >= FEWEST:
                sql = f"SELECT place, {', '.join(templates)} FROM {self._cells(places)} GROUP BY place"
                for place, *answers in self._connection.execute(sql).fetchall():
                    for keys, answer in zip(columns[place].values(), answers, strict=True):
                        found |= dict.fromkeys(keys, answer)
        return found

    def arrays(self, expressions: Mapping[Any, str], condition: str) -> dict[Any, np.ndarray]:
        """Expressions in SQL over one column each, by key, for the rows that meet a condition; likewise."""
        found: dict[Any, np.ndarray] = {}
        for template, keys in self._groups(expressions).items():
            cells = f"{self._cells(keys)} WHERE {condition}"
            sql = f"SELECT {template} AS value FROM {cells} ORDER BY place, rowid"
            values = self._connection.execute(sql).fetchnumpy()["value"].reshape(len(keys), -1)
            found |= {keys[place]: cells for place, cells in zip(sorted(keys), values, strict=True)}
        return found

    def frequent(self, expressions: Mapping[Any, str], count: int) -> dict[Any, list[tuple[Any, int]]]:
        """The most frequent values of expressions in SQL over one column each, and their numbers of rows; likewise."""
        found: dict[Any, list[tuple[Any, int]]] = {}
        for template, keys in self._groups(expressions).items():
            counted = f"SELECT place, {template} AS value, count(*) AS rows FROM {self._cells(keys)} GROUP BY ALL"
            order = "row_number() OVER (PARTITION BY place ORDER BY rows DESC, value)"
            sql = f"SELECT * FROM ({counted}) WHERE value IS NOT NULL QUALIFY {order} <= {count} ORDER BY 3 DESC, 2"
            found |= {key: [] for key in keys.values()}
            for place, value, rows in self._connection.execute(sql).fetchall():
                found[keys[place]].append((value, rows))
        return found

    def _cells(self, places: Sequence[int] | Mapping[int, Any]) -> str:
        """The cells of some columns, each called c, with the rows' numbers."""
        chosen = "" if len(places) == len(self._places) else f" WHERE place IN (SELECT unnest({[*places]}))"
        return f"(SELECT place, number AS rowid, cell FROM cells{chosen})"

    def _groups(self, expressions: Mapping[Any, str]) -> dict[str, dict[int, Any]]:
        """For each template that many columns share: their places and keys."""
        groups: dict[str, dict[int, Any]] = {}
        for key, place, template in self._templates(expressions):
            groups.setdefault(template, {})[place] = key
        return {template: keys for template, keys in groups.items() if len(keys) >= FEWEST}

    def _templates(self, expressions: Mapping[Any, str]) -> Iterator[tuple[Any, int, str]]:
        """For each expression over one text column: its key, the column's place, and the expression as a template."""
        for key, expression in expressions.items():
            fields = {int(found[1]) for found in _TOKEN.finditer(expression) if found[1]}
            if len(fields) == 1 and (place := fields.pop()) in self._places:
                yield key, place, _TOKEN.sub(_as_cell, expression)


def _as_cell(token: re.Match[str]) -> str:
    return "cell" if token[1] else token[0]
