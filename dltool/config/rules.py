"""What must hold between fields that are each valid on their own: one small function for every rule.

A rule's parameters name the top-level blocks that it reads; it runs where these are valid, whatever else is wrong.
It yields where the fault lies and what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import signature
from typing import Any

from dltool.config.experiment import PARTS, DataConfig, EarlyStopping, Rows, TrainConfig
from dltool.config.node import Path
from dltool.errors import nearest
from dltool.registry import registered

Faults = Iterator[tuple[Path, str]]


def broken_rules(blocks: Mapping[str, Any]) -> Faults:
    """What breaks a rule among the valid top-level blocks."""
    for rule in RULES:
        needed = list(signature(rule).parameters)
        if all(name in blocks for name in needed):
            yield from rule(**{name: blocks[name] for name in needed})


def a_part_comes_from_one_place(data: DataConfig) -> Faults:
    """A part with a source of its own is not split off the main source as well."""
    for part in PARTS[1:]:
        if getattr(data, part) and getattr(data.split, part):
            yield ("data", "split", part), f"'data.{part}' already is a source of its own; leave out one of the two"


def rows_remain_to_train_on(data: DataConfig) -> Faults:
    """Random fractions sum to less than 1."""
    fractions = {part: _fraction(data, part) for part in PARTS[1:]}
    if sum(fractions.values()) >= 1:
        parts = " and ".join(f"{part} {fraction:g}" for part, fraction in fractions.items())
        yield ("data", "split"), f"{parts} leave no rows to train on; their sum must be below 1"


def parts_do_not_share_rows(data: DataConfig) -> Faults:
    """At most one part takes the first rows, and one the last."""
    for end in ("first", "last"):
        parts = [part for part in PARTS if _rows(data, part, end)]
        if len(parts) > 1:
            yield ("data", "split", parts[1]), f"'{parts[0]}' takes the {end} rows too; no row may be in two parts"


def stratifying_needs_random_rows(data: DataConfig) -> Faults:
    """Only rows drawn at random can be drawn by class."""
    if data.split.stratify and not any(_fraction(data, part) for part in PARTS[1:]):
        yield ("data", "split", "stratify"), "nothing is drawn at random here; give validation or test as a fraction"


def metrics_differ(metrics: Sequence[Any]) -> Faults:
    """Results are found by a metric's name."""
    names = [metric.yaml_name for metric in metrics]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("metrics", index), f"'{name}' is already in the list"


def metrics_fit_the_loss(metrics: Sequence[Any], loss: Any) -> Faults:
    """Metrics of classes for a classifier, of numbers otherwise."""
    task = "numbers" if loss.target == "numbers" else "classes"
    for index, metric in enumerate(metrics):
        if metric.task != task:
            fitting = ", ".join(sorted(name for name, other in registered("metric").items() if other.task == task))
            message = f"'{metric.yaml_name}' is for {metric.task}, '{loss.yaml_name}' for {task}; fitting: {fitting}"
            yield ("metrics", index), message


def early_stopping_sees_its_figure(
    data: DataConfig, metrics: Sequence[Any], early_stopping: EarlyStopping | None
) -> Faults:
    """The figure that may end training is measured."""
    if early_stopping:
        yield from _unknown_figure(early_stopping.monitor, ("early_stopping", "monitor"), data, metrics)


def monitor_is_measured(data: DataConfig, metrics: Sequence[Any], train: TrainConfig) -> Faults:
    """The figure that tells the best epoch is measured."""
    if train.monitor:
        yield from _unknown_figure(train.monitor, ("train", "monitor"), data, metrics)


def one_figure_tells_the_best(early_stopping: EarlyStopping | None, train: TrainConfig) -> Faults:
    """Restoring the best epoch needs one notion of best."""
    if early_stopping and early_stopping.restore_best and train.monitor not in (None, early_stopping.monitor):
        message = (
            f"early_stopping restores the best epoch by '{early_stopping.monitor}'; leave this out or make them equal"
        )
        yield ("train", "monitor"), message


RULES: Sequence[Callable[..., Faults]] = (
    a_part_comes_from_one_place,
    rows_remain_to_train_on,
    parts_do_not_share_rows,
    stratifying_needs_random_rows,
    metrics_differ,
    metrics_fit_the_loss,
    early_stopping_sees_its_figure,
    monitor_is_measured,
    one_figure_tells_the_best,
)


def _fraction(data: DataConfig, part: str) -> float:
    portion = getattr(data.split, part)
    return portion if isinstance(portion, float) else 0.0


def _rows(data: DataConfig, part: str, end: str) -> int | None:
    portion = getattr(data.split, part)
    return getattr(portion, end) if isinstance(portion, Rows) else None


def _unknown_figure(figure: str, path: Path, data: DataConfig, metrics: Sequence[Any]) -> Faults:
    measured = [part for part in data.parts if part != "test"]
    known = [f"{part}.{name}" for part in measured for name in ("loss", *(m.yaml_name for m in metrics if m.better))]
    if figure in known:
        return
    part, _, name = figure.partition(".")
    if part in PARTS and part not in measured:
        hint = f"there is no {part} part; give 'data.split.{part}' or monitor train.loss"
        if part == "test":
            hint = "the test part is not measured while training"
    elif part in measured and name in registered("metric"):
        hint = f"add '{name}' to 'metrics'"
    elif close := nearest(figure, known):
        hint = f"did you mean '{close}'?"
    else:
        hint = f"allowed: {', '.join(known)}"
    yield path, f"nothing measures '{figure}'; {hint}"
