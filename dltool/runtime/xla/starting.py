"""Starting devices: a thread imports JAX and starts the driver, while data is read."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from dltool.errors import RunError
from dltool.runtime.xla.joining import Meeting, join

#: JAX's names of what devices belong to
PLATFORMS = {"cuda": "cuda", "xla": "cpu"}

_starting: dict[str, threading.Thread] = {}
#: what went wrong
_failed: dict[str, str] = {}
#: seconds that the parts took
_took: dict[str, float] = {}


def set_up(*, alone: bool = True) -> None:
    """Settings of JAX that must be made before it is imported."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2" if alone else "3")  # what goes wrong is told as an error


def start_device(kind: str, meeting: Meeting | None = None) -> None:
    """Begin to start the devices of a kind, with those of other ranks, if that has not begun."""
    if kind not in _starting:
        _starting[kind] = threading.Thread(target=_start, args=(kind, meeting), name="dltool-device", daemon=True)
        _starting[kind].start()


def wait_for_device(kind: str) -> dict[str, float]:
    """Start the devices of a kind and wait until they are ready; the seconds that each part of this took.

    Raises RunError if JAX cannot be imported, or the other ranks cannot be joined.
    """
    start_device(kind)
    _starting[kind].join()
    if kind in _failed:
        raise RunError(f"device {kind}: {_failed[kind]}")
    return dict(_took)


def _start(kind: str, meeting: Meeting | None) -> None:
    started = time.perf_counter()
    set_up(alone=meeting is None)
    try:
        import jax
    except Exception as error:  # whatever a broken installation says
        _failed[kind] = f"JAX cannot be imported: {' '.join(str(error).split())}"
        return
    if meeting:
        try:
            join(meeting)
        except Exception as error:  # whatever JAX says of a network
            reason = " ".join(str(error).split())[:300]
            _failed[kind] = f"JAX cannot join the other ranks at {meeting.address}: {reason}"
            return

    if kind == "xla" and "JAX_PLATFORMS" not in os.environ:
        jax.config.update("jax_platforms", "cpu")  # a GPU of this machine need not be started
    _took["importing JAX"] = time.perf_counter() - started
    with suppress(Exception):  # there is no such device: whoever asks for it is told
        jax.devices(PLATFORMS[kind])
    _took["the driver"] = time.perf_counter() - started - _took["importing JAX"]
