"""The last epochs of a training as a table, split into several if the terminal is narrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from dltool.cli.screen.table import column_groups
from dltool.formatting import duration, metric_title, number, scalar_metrics
from dltool.training.events import EpochEnded

PARTS = ("train", "validation")
BEST = "★ "
GAP = 2
#: largest and smallest number of rows of a table, and lines of its header
MOST, FEWEST, HEADER = 8, 2, 2


class Column(NamedTuple):
    """One metric of all epochs shown."""

    part: str
    name: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        """Width in characters, with the gap in front."""
        return GAP + max(map(len, (self.part, self.name, *self.cells)))


def epoch_tables(
    epochs: Sequence[EpochEnded], best: EpochEnded | None, classes: Mapping[str, str], *, width: int, height: int
) -> list[Table]:
    """The metrics of the best epoch and of the last ones, as many as fit into `height` lines.

    `classes` are the positive classes by metric. If even that does not fit, only the last tables are shown: those of
    the validation part.
    """
    count = len(_pieces(_columns(epochs, classes), width))
    last = epochs[-max(FEWEST, min(MOST, height // count - HEADER)) :]
    shown = last if best is None or best in last else [best, *last[1:]]
    pieces = _pieces(_columns(shown, classes), width)[-max(1, height // (HEADER + FEWEST)) :]
    return [_table(shown, best, columns) for columns in pieces]


def _columns(shown: Sequence[EpochEnded], classes: Mapping[str, str]) -> list[Column]:
    """All metrics of the epochs, and their times."""
    lines = [epoch.line for epoch in shown]
    metrics = [(part, name) for part in PARTS for name in scalar_metrics(lines[-1].get(part, {}))]
    columns = [
        Column(part, metric_title(name, classes), [number(line[part][name]) for line in lines])
        for part, name in metrics
    ]
    return [*columns, Column("", "time", [duration(line["seconds"]) for line in lines])]


def _pieces(columns: Sequence[Column], width: int) -> list[list[Column]]:
    """The columns of each table, next to the epoch number."""
    room = width - len("epoch") - len(BEST)
    return [[columns[i] for i in piece] for piece in column_groups([column.width for column in columns], room)]


def _table(shown: Sequence[EpochEnded], best: EpochEnded | None, columns: Sequence[Column]) -> Table:
    table = Table(box=None, padding=(0, GAP, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("epoch", justify="right", vertical="bottom", no_wrap=True)
    for column in columns:
        # a name may break where it must, a number never
        header = Text(f"{column.part}\n{column.name}", overflow="fold")
        longest = max(map(len, column.cells))
        table.add_column(header, justify="right", vertical="bottom", overflow="fold", min_width=longest)
    for index, epoch in enumerate(shown):
        mark = BEST if epoch is best else ""
        cells = [f"{mark}{epoch.line['epoch']}", *(column.cells[index] for column in columns)]
        table.add_row(*cells, style="bold green" if epoch is best else "")
    return table
