"""The reference kernels: plain NumPy for any float type, the contract that every fast kernel is checked against.

A kernel is the function that carries its op's name. It takes the inputs in order, the attributes as keywords, and
`step` where the op uses the step record; it changes nothing, and returns the outputs, then the new values of the
inputs that the op overwrites. Values of the batch have their batch axis B in front.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from dltool.errors import RunError, did_you_mean


def find(name: str) -> Callable[..., Any]:
    """The reference kernel of the op called `name`; a missing one is an error that names it."""
    kernels = _all()
    if name not in kernels:
        raise RunError(f"op '{name}' has no reference kernel; {did_you_mean(name, kernels)}")
    return kernels[name]


@cache
def _all() -> Mapping[str, Callable[..., Any]]:
    names = [f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)]
    functions = [function for name in names for function in vars(importlib.import_module(name)).values()]
    return {f.__name__: f for f in functions if inspect.isfunction(f) and f.__module__ in names}
