"""Rules between fields that are each valid by themselves: one small function for each rule.

A rule's parameters name the top-level blocks that it reads; it runs if these are valid, even if others are not. It can
do without a block whose parameter has a default. It yields the path and the message of each fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

from dltool.config.data import PARTS, DataConfig, Rows
from dltool.config.experiment import TARGETS, EarlyStopping, TrainConfig
from dltool.config.metric_names import metric_names
from dltool.config.node import Path
from dltool.errors import nearest
from dltool.registry import registered

Faults = Iterator[tuple[Path, str]]


def broken_rules(blocks: Mapping[str, Any]) -> Faults:
    """The faults that the rules find in the valid top-level blocks."""
    for rule in RULES:
        parameters = signature(rule).parameters.values()
        if all(one.name in blocks for one in parameters if one.default is Parameter.empty):
            yield from rule(**{one.name: blocks[one.name] for one in parameters if one.name in blocks})


def a_part_comes_from_one_place(data: DataConfig) -> Faults:
    """A part with a separate source, or named by a column, is not also split off the main source."""
    for part in PARTS[1:]:
        if getattr(data, part) and getattr(data.split, part):
            yield ("data", "split", part), f"'data.{part}' is already a separate source; leave out one of the two"
        elif getattr(data, part) and data.split.names(part):
            yield ("data", "split", "column"), f"'data.{part}' is a separate source; name no cells for it: {part}: null"
    for part in PARTS:
        if data.split.part_column and isinstance(getattr(data.split, part), Rows):
            yield ("data", "split", part), "a column already assigns rows to parts; leave out one of the two"


def parts_are_weighted_alike(data: DataConfig) -> Faults:
    """The rows of a separate source have weights if those to train on have them, and only then."""
    main = data.source
    for part in PARTS[1:]:
        own = getattr(data, part)
        if not own or bool(own.weight_name) == bool(main.weight_name):
            continue
        if main.weight_name:
            yield (
                ("data", part, own.yaml_name),
                f"needs a weight, since the training rows have one: {main.weight_name}",
            )
        else:
            yield ("data", part, own.yaml_name, "weight"), "the training rows have no weight; give both one, or neither"


def rows_remain_to_train_on(data: DataConfig) -> Faults:
    """Random fractions sum to less than 1."""
    fractions = {part: data.split.fraction(part) for part in PARTS[1:]}
    if sum(fractions.values()) >= 1:
        parts = " and ".join(f"{part} {fraction:g}" for part, fraction in fractions.items())
        yield ("data", "split"), f"{parts} leave no rows to train on; their sum must be below 1"


def parts_do_not_share_rows(data: DataConfig) -> Faults:
    """At most one part takes the first rows, and one the last."""
    for end in ("first", "last"):
        parts = [part for part in PARTS if _rows(data, part, end)]
        if len(parts) > 1:
            yield ("data", "split", parts[1]), f"'{parts[0]}' takes the {end} rows too; no row may be in two parts"


def rows_are_drawn_one_way(data: DataConfig) -> Faults:
    """Rows are drawn at random, by group, or by time; by class only if at random."""
    split, way = data.split, "group" if data.split.group else "time" if data.split.time else None
    if split.group and split.time:
        yield ("data", "split", "time"), "rows are already drawn by group; leave out one of the two"
    if split.stratify is True and (way or not split.draws):
        why = f"rows are drawn by {way}; leave out one of the two" if way else _NOTHING_DRAWN
        yield ("data", "split", "stratify"), why
    elif way and not split.draws:
        yield ("data", "split", way), _NOTHING_DRAWN


_NOTHING_DRAWN = "no rows are drawn at random; give validation or test as a fraction"


def folds_are_drawn(data: DataConfig) -> Faults:
    """The validation part of a fold is drawn at random or by group."""
    split = data.split
    if split.fold is None:
        return
    path = ("data", "split", "fold")
    if data.validation or split.names("validation") or isinstance(split.validation, Rows):
        yield path, "each fold is the validation part once, but that part is already given; leave out one of the two"
    if split.train:
        yield ("data", "split", "train"), "all rows outside the fold are trained on; leave out one of the two"
    if split.time:
        yield path, "folds are drawn at random or by group, not by time; leave out one of the two"


def metrics_differ(metrics: Sequence[Any]) -> Faults:
    """Metrics have different names, since results are looked up by name."""
    names = metric_names(metrics)
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("metrics", index), f"'{name}' is already in the list"


def one_metric_chooses_the_threshold(metrics: Sequence[Any], data: DataConfig) -> Faults:
    """A network has one threshold, and its best value is found on the validation part."""
    having = [index for index, one in enumerate(metrics) if getattr(one, "threshold", None) is not None]
    for index in having[1:]:
        first = metrics[having[0]].yaml_name
        message = f"'{first}' has a threshold already, which decides for the whole network; leave out one of the two"
        yield ("metrics", index), message
    for index in having[:1]:
        if metrics[index].threshold == "best" and "validation" not in data.parts:
            message = "the best threshold is found on the validation part, which is missing; give data.split.validation"
            yield ("metrics", index), message


def metrics_fit_the_loss(metrics: Sequence[Any], loss: Any, data: DataConfig | None = None) -> Faults:
    """A metric and the loss have a task in common; without a target, metrics are refused once the data is known."""
    if data and data.source.may_reconstruct:
        return
    for index, metric in enumerate(metrics):
        if not set(metric.tasks) & set(loss.tasks):
            others = registered("metric").items()
            fitting = ", ".join(sorted(name for name, other in others if set(other.tasks) & set(loss.tasks)))
            ours, theirs = (" or ".join(TARGETS[task] for task in thing.tasks) for thing in (metric, loss))
            message = f"'{metric.yaml_name}' is for {ours}, '{loss.yaml_name}' for {theirs}; fitting: {fitting}"
            yield ("metrics", index), message


def mixed_labels_fit_the_loss(augment: Sequence[Any], loss: Any) -> Faults:
    """Mixing labels needs a loss that is defined for two labels in one sample."""
    for index, augmentation in enumerate(augment):
        if getattr(augmentation, "mixes", False) and not loss.mixes:
            fitting = ", ".join(sorted(name for name, other in registered("loss").items() if other.mixes))
            message = f"'{augmentation.yaml_name}' mixes labels, but '{loss.yaml_name}' takes one label for each sample"
            yield ("augment", index), f"{message}; fitting: {fitting}"


def balanced_sampling_needs_classes(train: TrainConfig, loss: Any) -> Faults:
    """Balanced sampling needs a target of classes."""
    if train.sampling == "balanced" and "classes" not in loss.tasks:
        yield (
            ("train", "sampling"),
            f"'balanced' draws every class equally often, '{loss.yaml_name}' is for {TARGETS[loss.tasks[0]]}",
        )


def cycled_momentum_exists(schedule: Any, optimizer: Any) -> Faults:
    """A schedule that cycles the momentum needs an optimizer with momentum."""
    if getattr(schedule, "cycle_momentum", False) and not optimizer.has_momentum:
        more = "give it one, such as momentum: 0.9, or " if "momentum" in type(optimizer).model_fields else ""
        message = f"'{schedule.yaml_name}' cycles the momentum, but '{optimizer.yaml_name}' has none"
        yield ("schedule",), f"{message}; {more}say cycle_momentum: false"


def shards_divide_a_batch(train: TrainConfig) -> Faults:
    """All shards have the same number of rows."""
    if train.batch_size % train.parts:
        around = sorted(_divisors(train.batch_size), key=lambda one: abs(one - train.parts))[:4]
        fitting = ", ".join(map(str, sorted(around)))
        yield (
            ("train", "shards"),
            f"{train.parts} shards do not divide a batch_size of {train.batch_size} evenly; fitting: {fitting}",
        )


def early_stopping_monitors_a_metric(
    data: DataConfig, metrics: Sequence[Any], early_stopping: EarlyStopping | None
) -> Faults:
    """Early stopping monitors a metric that is measured."""
    if early_stopping:
        yield from _unknown_metric(early_stopping.monitor, ("early_stopping", "monitor"), data, metrics)


def monitor_is_measured(data: DataConfig, metrics: Sequence[Any], train: TrainConfig) -> Faults:
    """The metric that decides which epoch is best is measured."""
    if train.monitor:
        yield from _unknown_metric(train.monitor, ("train", "monitor"), data, metrics)


def one_metric_decides_which_epoch_is_best(early_stopping: EarlyStopping | None, train: TrainConfig) -> Faults:
    """Restoring the best epoch and the best checkpoint use the same metric."""
    if early_stopping and early_stopping.restore_best and train.monitor not in (None, early_stopping.monitor):
        message = (
            f"early_stopping restores the best epoch by '{early_stopping.monitor}'; leave this out or make them equal"
        )
        yield ("train", "monitor"), message


RULES: Sequence[Callable[..., Faults]] = (
    a_part_comes_from_one_place,
    parts_are_weighted_alike,
    rows_remain_to_train_on,
    parts_do_not_share_rows,
    rows_are_drawn_one_way,
    folds_are_drawn,
    metrics_differ,
    one_metric_chooses_the_threshold,
    metrics_fit_the_loss,
    mixed_labels_fit_the_loss,
    balanced_sampling_needs_classes,
    shards_divide_a_batch,
    cycled_momentum_exists,
    early_stopping_monitors_a_metric,
    monitor_is_measured,
    one_metric_decides_which_epoch_is_best,
)


def _divisors(number: int) -> list[int]:
    return [one for one in range(1, number + 1) if number % one == 0]


def _rows(data: DataConfig, part: str, end: str) -> int | None:
    portion = getattr(data.split, part)
    return getattr(portion, end) if isinstance(portion, Rows) else None


def _unknown_metric(figure: str, path: Path, data: DataConfig, metrics: Sequence[Any]) -> Faults:
    measured = [part for part in data.parts if part != "test"]
    figures = [name for name, metric in zip(metric_names(metrics), metrics, strict=True) if metric.better]
    known = [f"{part}.{name}" for part in measured for name in ("loss", *figures)]
    if figure in known:
        return
    part, _, name = figure.partition(".")
    if part in PARTS and part not in measured:
        hint = f"there is no {part} part; give 'data.split.{part}' or monitor train.loss"
        if part == "test":
            hint = "the test part is not evaluated during training"
    elif several := [one for one in known if one.startswith(f"{figure}_")]:
        hint = f"'{name}' is in the list more than once: {', '.join(several)}"
    elif part in measured and name in registered("metric"):
        hint = f"add '{name}' to 'metrics'"
    elif close := nearest(figure, known):
        hint = f"did you mean '{close}'?"
    else:
        hint = f"allowed: {', '.join(known)}"
    yield path, f"no metric is called '{figure}'; {hint}"
