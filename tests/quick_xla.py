"""XLA that compiles quickly, for tests of what a program computes: compiling takes most of their time.

What is not fused is compiled once, and not again in each fusion that reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import pytest

from dltool.runtime.xla import kept
from dltool.runtime.xla.devices import Devices

WISHES = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
    "xla_cpu_parallel_codegen_split_count": 1,
}


@cache
def options() -> dict[str, Any]:
    """Those of the options that this version of XLA has."""
    return {name: value for name, value in WISHES.items() if _known(name, value)}


def _known(name: str, value: Any) -> bool:
    try:
        jax.jit(lambda: 0).lower().compile(compiler_options={name: value})
    except jax.errors.JaxRuntimeError:
        return False
    return True


def quick(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, compiled."""
    return jax.jit(function, compiler_options=options())


def compile_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whole networks compiled so; they are kept apart from others."""
    environment = kept._environment
    monkeypatch.setattr(Devices, "compiler_options", options())
    monkeypatch.setattr(kept, "_environment", lambda device: f"quick-{environment(device)}")
