"""How the ops of a network are written in another language: for each language a package, for each op a function.

The function carries the op's name, and its file the stem of the op's file, as in `dltool.ops`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from dltool.errors import InputError, Problem
from dltool.ops.graph import Node

_OF_TRAINING = {"masked", "rate", "stream", "key", "rounded"}


def emitter(package: str, node: Node, language: str) -> Callable[..., Any]:
    """The function of a package that writes a node; raises InputError, which names op and layer, if there is none."""
    functions = _functions(package)
    if node.op.yaml_name not in functions:
        message = f"the op '{node.op.yaml_name}' cannot be written in {language}"
        raise InputError(Problem(message, where=f"layer {node.layer}"))
    return functions[node.op.yaml_name]


def attributes(node: Node) -> Mapping[str, Any]:
    """What an emitter is given of a node's attributes: dropout and rounding inside of an op are training's."""
    return {name: value for name, value in node.attributes.items() if name not in _OF_TRAINING}


@cache
def _functions(package: str) -> Mapping[str, Callable[..., Any]]:
    names = [f"{package}.{module.name}" for module in pkgutil.iter_modules(importlib.import_module(package).__path__)]
    functions = [function for name in names for function in vars(importlib.import_module(name)).values()]
    return {f.__name__: f for f in functions if inspect.isfunction(f) and f.__module__ in names}
