"""What programs for devices are compiled from: the steps of a network, and the orders of epochs."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np
from jax import lax

from dltool.kernels.xla.batch import orders_of_epochs
from dltool.kernels.xla.gpu import traced_for
from dltool.runtime.xla.compiler import Source
from dltool.runtime.xla.devices import PRECISIONS, Devices
from dltool.runtime.xla.tracing import Shape, Traced, stretch


def of_stretch(traced: Traced, shape: Shape, arguments: tuple[Any, ...], devices: Devices) -> Source:
    """Of a call of some shape, with arguments like those given, or described."""
    described = [
        (str(path), leaf.shape, str(leaf.dtype)) for path, leaf in jax.tree_util.tree_leaves_with_path(arguments)
    ]
    made_of = f"{shape} {described}\n{traced.description}"
    return Source(made_of, partial(_lowered, traced, shape, arguments, devices))


def of_orders(samples: int, epochs: int, devices: Devices) -> Source:
    """Of the orders (epochs, samples), which follow from round keys (4, epochs, 1)."""
    keys = jax.ShapeDtypeStruct((4, epochs, 1), np.uint32, sharding=devices.everywhere())
    return Source(f"orders {samples} {epochs}", lambda: orders_of_epochs.lower(samples, keys))


def _lowered(traced: Traced, shape: Shape, arguments: tuple[Any, ...], devices: Devices) -> Any:
    by_rows, everywhere = devices.by_rows(shape.rows), devices.everywhere(shape.rows)
    function = jax.jit(
        stretch(
            traced,
            shape,
            lambda array: lax.with_sharding_constraint(array, by_rows),
            unrolled=devices.unrolled(traced.ops, shape.lines),
        ),
        donate_argnums=0,
        in_shardings=everywhere,
        out_shardings=(everywhere, everywhere if devices.joined else None),  # every rank looks at all results
    )
    with jax.default_matmul_precision(PRECISIONS[devices.precision]), traced_for(len(devices.every)):
        return function.lower(*arguments)
