"""dltool trains neural networks from a YAML file on a plain Linux machine.

`dltool.train` and `dltool.load` are the way in from Python; docs/python.md shows them at work. Nothing is imported
before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dltool.api.model import Model, load
    from dltool.api.predictions import Predictions
    from dltool.api.training import Run, resume, runs, train
    from dltool.errors import DltoolError, InputError, Problem, RunError

__version__ = "0.1.0"

__all__ = [
    "DltoolError",
    "InputError",
    "Model",
    "Predictions",
    "Problem",
    "Run",
    "RunError",
    "__version__",
    "load",
    "resume",
    "runs",
    "train",
]

_HOMES = {
    "dltool.api.model": ("Model", "load"),
    "dltool.api.predictions": ("Predictions",),
    "dltool.api.training": ("Run", "resume", "runs", "train"),
    "dltool.errors": ("DltoolError", "InputError", "Problem", "RunError"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'dltool' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
