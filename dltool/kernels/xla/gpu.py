"""What a GPU offers to kernels that are written for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

import jax

#: KiB of shared memory that a block of threads may have, by compute capability (NVIDIA, CUDA C++ Programming Guide,
#: technical specifications); later cards have at least the least of these
SHARED = {"8.0": 163, "8.6": 99, "8.7": 163, "8.9": 99, "9.0": 227, "10.0": 227, "10.3": 227, "11.0": 227, "12.0": 99}
LEAST = 99
#: the first major version that the compiler of kernels, and TF32, know
OLDEST = 8
#: major versions whose matrix units read their operands from shared memory
FROM_SHARED = (9, 10, 11)

_devices: ContextVar[int] = ContextVar("devices", default=1)


def fits(needed: int) -> bool:
    """Whether products are in TF32 and the GPU has the shared memory (bytes) that a kernel needs."""
    precision = jax.config.jax_default_matmul_precision  # pyright: ignore[reportAttributeAccessIssue]
    return precision == "tensorfloat32" and needed <= shared_memory()


def shared_memory() -> int:
    """Bytes that a block of threads may have; 0 where no kernel can be used: no GPU, an old one, or several."""
    major, minor = capability()
    return 1024 * SHARED.get(f"{major}.{minor}", LEAST) if major >= OLDEST and _devices.get() == 1 else 0


@contextmanager
def traced_for(devices: int) -> Iterator[None]:
    """While a program is traced for some devices: XLA divides its own operations among several, and not kernels."""
    token = _devices.set(devices)
    try:
        yield
    finally:
        _devices.reset(token)


@cache
def capability() -> tuple[int, int]:
    """The compute capability of the GPU, such as (9, 0); (0, 0) where there is none."""
    if jax.default_backend() != "gpu":
        return 0, 0
    major, minor = str(jax.devices()[0].compute_capability).split(".")
    return int(major), int(minor)
