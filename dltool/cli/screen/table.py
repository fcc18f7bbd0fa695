"""Tables on standard output: framed and colored on a terminal, plain aligned columns in files and pipes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer

from dltool.errors import shortened

Row = Sequence[str]

#: characters between columns, and the width from which text may wrap
GAP = 3
TEXT_WIDTH = 12


def write_table(title: str, header: Row, rows: Sequence[Row], *, right: Sequence[int] = (), totals: Row = ()) -> None:
    """Write a table with a title; columns in `right` are right-aligned, `totals` is the last row."""
    header, totals = [*map(shortened, header)], [*map(shortened, totals)]
    rows = [[*map(shortened, row)] for row in rows]
    if sys.stdout.isatty():
        _framed(title, header, rows, right, totals)
    else:
        _plain(title, header, rows, right, totals)


def _plain(title: str, header: Row, rows: Sequence[Row], right: Sequence[int], totals: Row) -> None:
    lines = [*([header] if any(header) else []), *rows, *([totals] if totals else [])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    typer.echo(title)
    for line in lines:
        cells = (
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        typer.echo(f"  {'  '.join(cells)}".rstrip())
    typer.echo()


def column_groups(widths: Sequence[int], room: int) -> list[list[int]]:
    """Groups of column indices whose widths fit into `room`; a wider column is in a group of its own."""
    pieces: list[list[int]] = [[]]
    left = room
    for column, width in enumerate(widths):
        if pieces[-1] and width > left:
            pieces.append([])
            left = room
        pieces[-1].append(column)
        left -= width
    return pieces


def _framed(title: str, header: Row, rows: Sequence[Row], right: Sequence[int], totals: Row) -> None:
    """A framed table; columns that do not fit the terminal follow in more tables, each with the first column."""
    from rich.console import Console

    room = Console().width
    lines = [*rows, *([totals] if totals else [])]
    widths = [_least(name, [line[index] for line in lines], index in right) for index, name in enumerate(header)]
    console = Console(width=max(room, widths[0] + max(widths[1:], default=0)))  # the terminal wraps what is longer
    for number, piece in enumerate(column_groups(widths[1:], room - widths[0])):
        console.print(_table("" if number else title, header, rows, [0, *(i + 1 for i in piece)], right, totals))


def _least(name: str, cells: Sequence[str], numbers: bool) -> int:
    """Smallest width of a column: names wrap between words, texts anywhere, numbers never."""
    longest = max(map(len, cells), default=0)
    return GAP + max(longest if numbers else min(longest, TEXT_WIDTH), *(len(word) for word in name.split() or [""]))


def _table(
    title: str, header: Row, rows: Sequence[Row], columns: Sequence[int], right: Sequence[int], totals: Row
) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_header=any(header),
        show_footer=bool(totals),
        pad_edge=False,
    )
    for index in columns:
        numbers = index in right
        table.add_column(
            Text(header[index]),
            footer=Text(totals[index]) if totals else "",
            justify="right" if numbers else "left",
            style="cyan" if index == 0 else None,
            overflow="fold",
            no_wrap=False,
            min_width=_least("", [line[index] for line in (*rows, totals) if line], numbers) - GAP,
        )
    for row in rows:
        table.add_row(*(Text(row[index]) for index in columns))
    return table
