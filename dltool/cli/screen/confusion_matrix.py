"""The confusion matrix on standard output: colored on a terminal; for many classes, the worst confusions."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from dltool.cli.screen.table import GAP, write_table

#: number of classes that fit the width of a terminal
MOST_CLASSES = 20
CONFUSIONS_SHOWN = 15
NAME_WIDTH = 12

_TITLE = "confusion matrix (rows: true class, columns: predicted)"


def write_confusion(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> None:
    """Write the matrix, or for many classes its largest off-diagonal entries."""
    widths = [max(len(str(row[column])) for row in matrix) for column in range(len(classes))]
    terminal = sys.stdout.isatty()
    if len(classes) > MOST_CLASSES or (terminal and not _fits(widths)):
        _write_worst(classes, matrix)
    elif terminal:
        _write_colored(classes, matrix, widths)
    else:
        names = [_short(name) for name in classes]
        rows = [(name, *map(str, row)) for name, row in zip(names, matrix, strict=True)]
        write_table(_TITLE, ("", *names), rows, right=range(1, len(names) + 1))


def _write_worst(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> None:
    confusions = [
        (count, true, taken)
        for true, row in zip(classes, matrix, strict=True)
        for taken, count in zip(classes, row, strict=True)
        if count and true != taken
    ]
    worst = sorted(confusions, key=lambda entry: -entry[0])[:CONFUSIONS_SHOWN]
    rows = [(true, taken, str(count)) for count, true, taken in worst]
    if rows:
        write_table("most frequent confusions", ("true class", "taken for", "rows"), rows, right=(2,))


def _fits(widths: Sequence[int]) -> bool:
    """Whether columns of these widths fit the terminal; names may wrap."""
    return NAME_WIDTH + sum(widths) + GAP * len(widths) <= shutil.get_terminal_size().columns


def _write_colored(classes: Sequence[str], matrix: Sequence[Sequence[int]], widths: Sequence[int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(_TITLE, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name, width in zip(classes, widths, strict=True):
        table.add_column(Text(_short(name)), justify="right", overflow="fold", min_width=width)
    for index, (name, row) in enumerate(zip(classes, matrix, strict=True)):
        total = max(sum(row), 1)
        cells = [Text(str(count), style=_style(count / total, index == column)) for column, count in enumerate(row)]
        table.add_row(Text(_short(name), style="cyan"), *cells)
    Console().print(table)


def _style(share: float, right: bool) -> str:
    """Green on the diagonal, red off it, stronger for a larger share of the class."""
    if not share:
        return "bright_black"
    if right:
        return "bold green" if share >= 0.9 else "green"
    return "bold white on red" if share >= 0.1 else "red"


def _short(name: str) -> str:
    return name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 1] + "…"
