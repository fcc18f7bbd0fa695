"""Which unit of the processor multiplies bfloat16."""

from __future__ import annotations

import ctypes
from functools import cache

from dltool.kernels import processor

#: arch_prctl(2): ask Linux for the registers of a unit that are not saved unless a process wants them
_ARCH_PRCTL, _REQUEST_PERMISSION, _TILES = 158, 0x1023, 18


def bfloat16_unit() -> str:
    """What multiplies bfloat16 here, in words."""
    if has_tiles():
        return "AMX"
    return "AVX-512 BF16" if has_dot_products() else "float32 kernels, operands rounded"


@cache
def has_dot_products() -> bool:
    """Whether the processor multiplies pairs of bfloat16 (AVX-512 BF16: AMD Zen 4, Intel Cooper Lake, and later)."""
    return processor.has("avx512bf16", "avx512bw")


@cache
def has_tiles() -> bool:
    """Whether it multiplies tiles of them (AMX: Intel Sapphire Rapids and later), and Linux lets this process do so."""
    return processor.has("amx-tile", "amx-bf16") and has_dot_products() and _may_use_tiles()


def _may_use_tiles() -> bool:
    """Asks Linux, once for all threads of the process."""
    return ctypes.CDLL(None, use_errno=True).syscall(_ARCH_PRCTL, _REQUEST_PERMISSION, _TILES) == 0
