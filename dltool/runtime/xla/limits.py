"""What a device can do: products of large matrices, and copies of large arrays."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
from jax import numpy as jnp

from dltool.runtime.xla.devices import PRECISIONS, Devices

#: sizes for GPUs, and for the processor, which would take long
MATRIX = {"cuda": 8192, "xla": 1024}
ARRAY = {"cuda": 1 << 28, "xla": 1 << 24}
TRIALS = 8


def measured_limits(devices: Devices) -> tuple[float, float]:
    """(operations, bytes) per second of one device: of products in its precision, and of z = 2 · x + y."""
    size, length = MATRIX[devices.kind], ARRAY[devices.kind]
    with jax.default_device(devices.every[0]), jax.default_matmul_precision(PRECISIONS[devices.precision]):
        matrix = jnp.ones((size, size), jnp.bfloat16 if devices.precision == "bfloat16" else jnp.float32)
        product = partial(jnp.matmul, preferred_element_type=jnp.float32)
        products = _seconds(jax.jit(product), matrix, matrix)
        array = jnp.ones(length, jnp.float32)
        copies = _seconds(jax.jit(lambda x, y: 2 * x + y), array, array + 1)
    return 2 * size**3 / products, 3 * 4 * length / copies


def _seconds(function: Callable[..., Any], *arguments: Any) -> float:
    """The shortest of some calls."""
    function(*arguments).block_until_ready()
    trials = []
    for _ in range(TRIALS):
        started = time.perf_counter()
        function(*arguments).block_until_ready()
        trials.append(time.perf_counter() - started)
    return min(trials)
