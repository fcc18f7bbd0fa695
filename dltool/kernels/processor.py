"""The processor that kernels are compiled for: the one at hand, unless environment variables name another."""

from __future__ import annotations

import os
import platform

#: LLVM's name of a processor, and its features, such as +avx2,+fma
NAME, FEATURES = "DLTOOL_CPU_NAME", "DLTOOL_CPU_FEATURES"

IS_X86 = platform.machine() == "x86_64"


def name() -> str:
    """LLVM's name of the processor."""
    from llvmlite import binding

    return os.environ.get(NAME) or binding.get_host_cpu_name()


def features() -> str:
    """LLVM's list of what the processor has and lacks."""
    from llvmlite import binding

    forced = os.environ.get(FEATURES)
    return binding.get_host_cpu_features().flatten() if forced is None else forced


def has(*wanted: str) -> bool:
    """Whether the processor has all of these features."""
    found = features().split(",")
    return all(f"+{each}" in found for each in wanted)
