"""Which backend runs the networks of a training or an evaluation, and on how many threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dltool.distributed.ranks import Ranks
from dltool.program.building import Network
from dltool.program.summary import step_flops
from dltool.runtime.backend import Backend
from dltool.runtime.device import Device

#: a step of fewer multiplications and additions is faster on one thread than on several that wait for each other
WORTH_SHARING = 6_000_000


def backend_of(
    training: Sequence[Network],
    evaluation: Sequence[Network],
    threads: int,
    debug: bool,
    device: Device,
    ranks: Ranks,
    on_compile: Callable[[str, float | None], None] | None,
) -> Backend:
    """The backend of a device, or that of the reference kernels; each is imported where it is needed."""
    if debug:
        from dltool.runtime.reference_backend import ReferenceBackend

        return ReferenceBackend()
    if device.kind == "cpu":
        from dltool.runtime.cpu_backend import CpuBackend

        return CpuBackend(training, evaluation, threads, ranks, on_compile)
    from dltool.runtime.xla.drivers import require_jax
    from dltool.runtime.xla.starting import wait_for_device

    require_jax(device.kind)
    wait_for_device(device.kind)  # two threads must not import JAX
    from dltool.runtime.xla.backend import XlaBackend

    return XlaBackend([*training, *evaluation], device, on_compile)


def thread_count(wanted: int | str, networks: Sequence[Network], cores: int) -> int:
    """As many as asked for; "auto": the processors at hand, but one for steps too small to share."""
    if wanted != "auto":
        return int(wanted)
    largest = max(map(step_flops, networks))
    return cores if largest > WORTH_SHARING else 1
