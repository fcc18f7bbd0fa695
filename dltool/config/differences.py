"""What differs between resolved configs, by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dltool.config.node import path_steps


def differing(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys, such as optimizer.adam.lr, whose values are not the same in all configs."""
    return list(_differing(list(configs), ""))


def value_at(config: Mapping[str, Any], key: str) -> Any:
    """The value of a key; None if the config does not have it, and the name of a component for its block."""
    value: Any = config
    for step in path_steps(key):
        if isinstance(value, Mapping):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return next(iter(value)) if isinstance(value, Mapping) and len(value) == 1 else value


def _differing(values: Sequence[Any], key: str) -> Iterator[str]:
    if all(value == values[0] for value in values):
        return
    mappings = [value for value in values if isinstance(value, Mapping)]
    if len(mappings) == len(values) and not _are_components(mappings):
        for name in dict.fromkeys(name for value in mappings for name in value):
            yield from _differing([value.get(name) for value in mappings], f"{key}.{name}" if key else str(name))
    elif all(isinstance(value, list) and len(value) == len(values[0]) for value in values):
        for place in range(len(values[0])):
            yield from _differing([value[place] for value in values], f"{key}[{place}]")
    else:
        yield key


def _are_components(values: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the values are different components, each written as its name and its fields."""
    return all(len(value) == 1 for value in values) and len({next(iter(value)) for value in values}) > 1
