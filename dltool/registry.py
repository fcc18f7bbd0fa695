"""The registry of everything that YAML can name, by kind.

Classes register themselves with `@register`; a lookup first imports the whole package of the kind, so adding a
component means adding its file and nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

PACKAGES = {
    "op": "dltool.ops",
    "layer": "dltool.layers",
    "augmentation": "dltool.augmentations",
    "activation": "dltool.layers",
    "initializer": "dltool.layers",
    "loss": "dltool.losses",
    "optimizer": "dltool.optimizers",
    "schedule": "dltool.schedules",
    "metric": "dltool.metrics",
    "source": "dltool.data.sources",
    "type": "dltool.data.column_types",
    "feature": "dltool.data.features",
    "scaling": "dltool.data.scaling",
}

_things: dict[str, dict[str, Any]] = {kind: {} for kind in PACKAGES}
_imported: set[str] = set()

Thing = TypeVar("Thing", bound=type)


def register(kind: str, name: str, *, main: str | None = None) -> Callable[[Thing], Thing]:
    """Class decorator: register a class under its YAML `name`; `main` is the field that `name: value` sets."""

    def decorate(thing: Thing) -> Thing:
        if name in _things[kind]:
            raise ValueError(f"{kind} '{name}' is registered twice: {_things[kind][name]} and {thing}")
        thing.yaml_name = name
        thing.main_field = main
        _things[kind][name] = thing
        return thing

    return decorate


def registered(kind: str) -> Mapping[str, Any]:
    """All classes of one kind, by YAML name."""
    package = PACKAGES[kind]
    if package not in _imported:
        _imported.add(package)
        root = importlib.import_module(package)
        for module in pkgutil.iter_modules(root.__path__, package + "."):
            importlib.import_module(module.name)
    return _things[kind]
