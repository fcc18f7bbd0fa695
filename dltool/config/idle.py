"""Fields that have no effect because of another setting in the config."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dltool.config.description import Block, Description
from dltool.config.node import Path

if TYPE_CHECKING:
    from dltool.config.experiment import Experiment

Idle = Iterator[tuple[Path, str]]


def idle_fields(experiment: Experiment) -> Idle:
    """The path of each, and why it has no effect; fields that repeat a default are not reported."""
    for path, block in _blocks(experiment, ()):
        for name, (other, value) in block.idle.items():
            if getattr(block, other) == value and _is_chosen(block, name, experiment.compat):
                yield (*path, name), f"has no effect with {other}: {json.dumps(value)}"
    yield from _out_of_reach(experiment)
    for index, augmentation in enumerate(experiment.augment):
        if augmentation.idle_by_default and augmentation == type(augmentation)():
            fields = ", ".join(type(augmentation).model_fields)
            yield ("augment", index, augmentation.yaml_name), f"changes nothing without one of its fields: {fields}"


def _out_of_reach(experiment: Experiment) -> Idle:
    """Settings that take effect only after the last epoch, and seeds and orders that nothing uses."""
    split, train, stopping, schedule = (
        experiment.data.split,
        experiment.train,
        experiment.early_stopping,
        experiment.schedule,
    )
    if stopping and stopping.patience >= train.epochs:
        yield ("early_stopping", "patience"), f"never ends training: {_too_few(train.epochs)}"
    for name in ("patience", "every"):
        if getattr(schedule, name, 0) >= train.epochs:
            yield ("schedule", schedule.yaml_name, name), f"never lowers the rate: {_too_few(train.epochs)}"
    if train.sampling and not train.shuffle:
        yield ("train", "shuffle"), "has no effect with sampling, which draws rows at random"
    if train.precision == "tf32" and train.device == "cpu":
        yield ("train", "precision"), 'has no effect with device: "cpu", which knows float32 and bfloat16'
    if split.seed and (split.time or not split.draws or experiment.data.source.divides):
        yield ("data", "split", "seed"), "has no effect, as no rows are drawn at random"


def _too_few(epochs: int) -> str:
    return f"there are {epochs} epochs (train.epochs)"


def _is_chosen(block: Block, name: str, compat: str | None) -> bool:
    """Whether a field differs from its default."""
    given: dict[str, Any] = block.model_dump()
    others = {key: value for key, value in given.items() if key != name}
    return type(block).model_validate(others, context={"compat": compat}).model_dump()[name] != given[name]


def _blocks(value: Any, path: Path) -> Iterator[tuple[Path, Block]]:
    """All blocks inside a value, each with its path."""
    if isinstance(value, Block):
        own = (*path, value.yaml_name) if isinstance(value, Description) else path
        yield own, value
        for name in type(value).model_fields:
            inside = path if name == type(value).inline_field else (*own, name)
            yield from _blocks(getattr(value, name), inside)
    elif isinstance(value, Mapping | list | tuple):
        for key, one in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _blocks(one, (*path, key))
