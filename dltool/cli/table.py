"""Tables on standard output: framed and coloured on a terminal, plain aligned columns in files and pipes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

Row = Sequence[str]


def write_table(title: str, header: Row, rows: Sequence[Row], *, right: Sequence[int] = (), totals: Row = ()) -> None:
    """A table with its title; the columns numbered in `right` are aligned to the right, `totals` close it."""
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


def _framed(title: str, header: Row, rows: Sequence[Row], right: Sequence[int], totals: Row) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_header=any(header),
        show_footer=bool(totals),
        pad_edge=False,
    )
    for index, name in enumerate(header):
        footer = Text(totals[index]) if totals else ""
        style = "cyan" if index == 0 else None
        table.add_column(Text(name), footer=footer, justify="right" if index in right else "left", style=style)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
