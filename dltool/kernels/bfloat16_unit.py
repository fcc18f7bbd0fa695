"""Which unit of the processor multiplies bfloat16. Numba is not imported here: lowering asks this too."""

from __future__ import annotations

import os
from functools import cache


def bfloat16_unit() -> str:
    """What multiplies bfloat16 here, in words."""
    return "AVX-512 BF16" if has_dot_products() else "float32 kernels, operands rounded"


@cache
def has_dot_products() -> bool:
    """Whether the processor multiplies pairs of bfloat16 (AVX-512 BF16: AMD Zen 4, Intel Cooper Lake, and later)."""
    from llvmlite import binding

    forced = os.environ.get("NUMBA_CPU_FEATURES")
    if forced is not None:
        return "+avx512bf16" in forced.split(",")
    return bool(binding.get_host_cpu_features().get("avx512bf16"))
