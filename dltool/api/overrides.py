"""Changes to a config as Python writes them, in the form of `--set`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import yaml

from dltool.config.writing import dump_inline
from dltool.errors import InputError, Problem

_KEY = re.compile(r"[\w-]+")


def as_overrides(changes: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """`{"train": {"epochs": 3}}`, `{"train__epochs": 3}` and `{"train.epochs": 3}` as `train.epochs=3`.

    Mappings change single keys; a mapping with keys that no path can hold replaces what is there.
    """
    for name, value in changes.items():
        key = above + str(name).replace("__", ".")
        if isinstance(value, Mapping) and value and all(_KEY.fullmatch(str(below)) for below in value):
            yield from as_overrides(value, f"{key}.")
        else:
            yield f"{key}={_written(value, key)}"


def _written(value: Any, key: str) -> str:
    try:
        return dump_inline(_plain(value))
    except yaml.YAMLError:
        raise InputError(
            Problem(f"a value of type {type(value).__name__} cannot stand in a config", path=key)
        ) from None


def _plain(value: Any) -> Any:
    """Paths as text, NumPy's numbers as Python's, tuples as lists."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.item() if isinstance(value, np.generic) else value
