"""The kernels of XLA, through JAX: the reference kernels, traced, and those that XLA has a better form of.

A kernel here has the name, the file stem, the arguments and the results of the reference kernel that it stands for;
other functions are no kernels, whatever their names. It is traced by JAX: its arrays are on the device, in 32 bits, and
what it reads of the step record is known only when it runs, except the number of rows.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from dltool.kernels import reference


@cache
def find(name: str) -> Callable[..., Any]:
    """The kernel of XLA for an op, else its reference kernel; a missing one is an error that names it."""
    kernel = reference.find(name)
    stem = kernel.__module__.rpartition(".")[2]
    if stem not in _stems():
        return kernel
    own = getattr(importlib.import_module(f"{__name__}.{stem}"), name, None)
    return own if own and own.__module__ == f"{__name__}.{stem}" else kernel


@cache
def _stems() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(__path__))
