"""The devices of several ranks as those of one program: JAX's distributed runtime, whose ranks meet at a service.

MPI tells the ranks where the service is, and which GPUs of a machine each of them has. The service is a process of its
own (`service`).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dltool.distributed.ranks import Ranks
from dltool.errors import RunError
from dltool.runtime.xla.drivers import gpus

#: seconds within which all ranks must have come, and in which one must reach the service
PATIENCE, REACHED = 300, 20
#: what Python is told to do as the service
WORDS = ["-m", "dltool.runtime.xla.service"]

#: what rank 0 has started; it ends when its standard input is closed
_services: list[subprocess.Popen[str]] = []


@dataclass(frozen=True)
class Meeting:
    """Where ranks meet, and what this one brings."""

    address: str  # of the service, host:port
    number: int  # of this rank
    size: int  # how many there are
    own: Sequence[int] | None = None  # which of the GPUs that it sees are this rank's; None: all


def arranged(kind: str, count: int | Literal["all"], ranks: Ranks) -> Meeting | None:
    """The meeting of ranks that train on a kind of device, `count` for each; None for one rank alone.

    Raises RunError if there are too few GPUs, or if the service cannot start or be reached. All ranks call this.
    """
    if ranks.size == 1:
        return None
    own = own_gpus(count, ranks) if kind == "cuda" else None
    host = "127.0.0.1" if ranks.neighbors == ranks.size else ranks.host
    host, port = ranks.told((host, _serve(kind, ranks.size) if ranks.writes else 0))
    require_reachable(host, port)
    return Meeting(f"{host}:{port}", ranks.number, ranks.size, own)


def require_reachable(host: str, port: int) -> None:
    """Raise RunError if there is no way to the service: JAX would abort the process, with a page of messages."""
    try:
        socket.create_connection((host, port), timeout=REACHED).close()
    except OSError as error:
        reason = error.strerror or error
        raise RunError(f"port {port} of {host}, where the devices of all ranks are joined: {reason}") from None


def own_gpus(count: int | Literal["all"], ranks: Ranks) -> range:
    """Which of the GPUs that this rank sees are its own: ranks that see the same ones divide them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    present = gpus() if visible is None else [name for name in visible.split(",") if name]
    place, alike = ranks.among((gpus(), visible))
    each = max(1, len(present) // alike) if count == "all" else count
    if each * alike > len(present):
        wanted = f"{each} for each of {alike} ranks" if alike > 1 else f"{each}"
        raise RunError(f"train.devices: {wanted} are wanted, but this machine has {len(present)}")
    return range(place * each, (place + 1) * each)


def join(meeting: Meeting) -> None:
    """Come to the meeting, before JAX looks for devices: from then on it finds those of all ranks."""
    import jax
    from jax._src import distributed  # jax.distributed would start the service in rank 0 itself
    from jaxlib import _jax  # pyright: ignore[reportAttributeAccessIssue]

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    if meeting.own is not None:
        jax.config.update("jax_cuda_visible_devices", ",".join(map(str, meeting.own)))
    client = _jax.get_distributed_runtime_client(
        meeting.address, meeting.number, init_timeout=PATIENCE, use_compression=True
    )
    client.connect()
    state = distributed.global_state
    state.client, state.process_id, state.num_processes = client, meeting.number, meeting.size


def _serve(kind: str, ranks: int) -> int:
    """Start the service; returns its port."""
    quiet = subprocess.DEVNULL
    service = subprocess.Popen(
        [sys.executable, *WORDS, str(ranks)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, text=True
    )
    assert service.stdout
    told = service.stdout.readline().strip()
    if not told.isdecimal():
        service.communicate()
        raise RunError(f"device {kind}: the service at which ranks meet cannot start: {told or 'it ended at once'}")
    _services.append(service)
    return int(told)
