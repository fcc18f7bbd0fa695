"""The kernels of XLA, through JAX: the reference kernels, traced, and those that XLA has a better form of.

A kernel here has the name, the arguments and the results of the reference kernel that it stands for. It is traced by
JAX: its arrays are on the device, in 32 bits, and what it reads of the step record is known only when it runs, except
the number of rows.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from dltool.kernels import reference


def find(name: str) -> Callable[..., Any]:
    """The kernel of XLA for an op, else its reference kernel; a missing one is an error that names it."""
    return _own().get(name) or reference.find(name)


@cache
def _own() -> Mapping[str, Callable[..., Any]]:
    names = [f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)]
    functions = [function for name in names for function in vars(importlib.import_module(name)).values()]
    return {f.__name__: f for f in functions if inspect.isfunction(f) and f.__module__ in names}
