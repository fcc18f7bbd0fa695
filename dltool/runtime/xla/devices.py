"""The devices that XLA computes on: finding them, what is wrong where there are none, and how programs are compiled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dltool.config.amounts import amount
from dltool.distributed.ranks import LostError
from dltool.errors import RunError
from dltool.runtime.device import Device
from dltool.runtime.xla.drivers import why_no_device
from dltool.runtime.xla.starting import PLATFORMS, wait_for_device

Kind = Literal["cuda", "xla"]
Precision = Literal["float32", "bfloat16", "tf32"]

#: JAX's name of a precision of products
PRECISIONS: Mapping[Precision, str] = {"float32": "highest", "bfloat16": "tensorfloat32", "tf32": "tensorfloat32"}
#: multiplications and additions that one call should not exceed, so that it takes about a tenth of a second
CALL_FLOPS: Mapping[Kind, float] = {"cuda": 2e12, "xla": 2e9}
#: most micro-batches in one call
LONGEST = 64
#: ops of a step that is short: two steps are one turn of a loop on a GPU, which takes time for each turn
SHORT = 100


@dataclass(frozen=True)
class Devices:
    """One or more devices of a kind, over which batches are spread, and the precision of products on them."""

    kind: Kind
    every: tuple[Any, ...]
    precision: Precision = "float32"

    @classmethod
    def found(cls, device: Device) -> Devices:
        """Those of this rank, or of all; raises RunError where there are fewer than wanted, with what would mend it."""
        kind = "cuda" if device.kind == "cuda" else "xla"
        wait_for_device(kind)
        import jax

        try:
            own, every = jax.local_devices(backend=PLATFORMS[kind]), jax.devices(PLATFORMS[kind])
        except Exception as error:  # whatever JAX says to a platform that it lacks
            raise RunError(why_no_device(kind, str(error))) from None
        wanted = len(own) if device.count == "all" else device.count
        if wanted > len(own):
            more = "; for virtual ones: XLA_FLAGS=--xla_force_host_platform_device_count=8" if kind == "xla" else ""
            raise RunError(f"train.devices: {wanted} are wanted, but this machine has {len(own)}{more}")
        if not device.joined:
            return cls(kind, tuple(own[:wanted]), device.precision)
        most = None if device.count == "all" else wanted
        ranks = [[one for one in every if one.process_index == rank] for rank in range(jax.process_count())]
        return cls(kind, tuple(one for rank in ranks for one in rank[:most]), device.precision)

    @property
    def name(self) -> str:
        """What the devices are called, such as "NVIDIA H100"."""
        name = "the processor through XLA" if self.kind == "xla" else self.every[0].device_kind
        return name if len(self.every) == 1 else f"{len(self.every)} × {name}"

    @property
    def joined(self) -> bool:
        """Whether they are those of several ranks."""
        return len({one.process_index for one in self.every}) > 1

    def mesh(self, rows: int) -> Any:
        """The devices in two axes: over the first, rows of a batch are spread evenly; along the second, they repeat."""
        import jax

        shares = math.gcd(rows, len(self.every))
        return jax.sharding.Mesh(np.array(self.every).reshape(shares, -1), ("rows", "copies"))

    def everywhere(self, rows: int = 1) -> Any:
        """The sharding of what every device has."""
        import jax

        return jax.sharding.NamedSharding(self.mesh(rows), jax.sharding.PartitionSpec())

    def by_rows(self, rows: int) -> Any:
        """How a batch of `rows` rows is divided among devices."""
        import jax

        return jax.sharding.NamedSharding(self.mesh(rows), jax.sharding.PartitionSpec("rows"))

    def put(self, array: Any) -> Any:
        """A copy of an array on every device, unless it is there; integers have 32 bits there.

        Other ranks have the same array, and put it on theirs.
        """
        import jax

        if isinstance(array, jax.Array):
            return jax.device_put(array, self.everywhere())
        copy = np.array(array, narrow(array.dtype))  # the processor would use the very memory of some arrays of NumPy
        return jax.make_array_from_callback(copy.shape, self.everywhere(), lambda index: copy[index])

    @property
    def memory(self) -> int | None:
        """Bytes of memory of each device; None if unknown."""
        import jax

        own = next(one for one in self.every if one.process_index == jax.process_index())
        stats = own.memory_stats() or {}
        return stats.get("bytes_limit")

    def unrolled(self, ops: int, steps: int) -> int:
        """How many of some steps are one turn of a loop."""
        return 2 if self.kind == "cuda" and ops <= SHORT and steps % 2 == 0 else 1

    @property
    def compiler_options(self) -> dict[str, Any]:
        """Programs give the same bits each time they run, and those of one rank are not measured by others."""
        if self.kind == "xla":
            return {}
        import jax

        apart = {} if self.joined or jax.process_count() == 1 else {"xla_gpu_shard_autotuning": False}
        return {"xla_gpu_exclude_nondeterministic_ops": True, **apart}


def narrow(dtype: Any) -> Any:
    """The type that numbers have on a device: integers have 32 bits there."""
    return np.dtype(np.int32) if dtype == np.int64 else np.dtype(dtype)


@contextmanager
def explained(devices: Devices, hint: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Errors of XLA become a RunError of one line; `hint` says what would fit where memory does not suffice.

    Where ranks are joined, any other error is taken for the loss of one of them.
    """
    import jax

    lost = (ValueError,) if devices.joined else ()  # as JAX reports some connections that end
    try:
        yield
    except (jax.errors.JaxRuntimeError, *lost) as error:
        text = " ".join(str(error).split())
        if "RESOURCE_EXHAUSTED" in text:
            has = f", which has {amount(devices.memory)}" if devices.memory else ""
            raise RunError(f"out of memory on {devices.name}{has}{hint()}") from None
        if devices.joined:
            raise LostError(f"{devices.name}: {text[:300]}") from None
        raise RunError(f"{devices.name}: {text[:300]}") from None
