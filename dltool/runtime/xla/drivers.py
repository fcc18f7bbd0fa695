"""Why there is no GPU to compute on: JAX, the driver, or the card."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any

from dltool.errors import RunError

#: NVIDIA's management library, which comes with the driver; containers have it, not always the driver's files in /proc
LIBRARY = "libnvidia-ml.so.1"
#: the parts of JAX that know CUDA, and the oldest driver of each: of two that are installed, JAX takes the later one
PLUGINS = {"jax_cuda12_plugin": 525, "jax_cuda13_plugin": 580}


def require_jax(kind: str) -> None:
    """Raise RunError if JAX is not installed."""
    if find_spec("jax") is None:
        raise RunError(f"device {kind} needs JAX: pip install 'dltool[{kind}]'")


def require_gpu() -> None:
    """Raise RunError if JAX cannot use a GPU of this machine, as far as can be told before it is imported."""
    version = driver_version()
    if version is None:
        raise RunError("device cuda: no driver of an NVIDIA GPU is loaded; see nvidia-smi, or use --device cpu")
    if not has_plugin():
        raise RunError("device cuda: the JAX that is installed knows no CUDA: pip install 'dltool[cuda]'")
    if version < (least := _least_driver()):
        raise RunError(
            f"device cuda: NVIDIA's driver {version} is too old: the JAX that is installed needs {least} or newer, "
            "from https://www.nvidia.com/drivers; or use --device cpu"
        )


def why_no_device(kind: str, reported: str) -> str:
    """One line on why JAX finds no device, although it is installed; `reported` is what JAX says."""
    platforms, reason = os.environ.get("JAX_PLATFORMS"), " ".join(reported.split())[:200]
    if platforms and not {"cuda": {"cuda", "gpu"}, "xla": {"cpu"}}[kind] & set(platforms.split(",")):
        return f"device {kind}: the environment variable JAX_PLATFORMS allows only '{platforms}'; unset it"
    if kind == "xla":
        return f"device xla: JAX cannot use the processor ({reason})"
    return f"device cuda: JAX finds no GPU that it can use ({reason}); see nvidia-smi, or use --device cpu"


@cache
def driver_version() -> int | None:
    """The main number of the version of NVIDIA's driver; None if none is loaded."""
    with _management() as library:
        version = ctypes.create_string_buffer(80)
        known = library is not None and library.nvmlSystemGetDriverVersion(version, len(version)) == 0
        return int(version.value.split(b".")[0]) if known else None


@cache
def gpu_memory() -> int | None:
    """Bytes of memory of the largest GPU of this machine; None if unknown."""
    with _management() as library:
        return max(filter(None, (_memory(library, gpu) for gpu in _handles(library))), default=None)


@cache
def gpus() -> tuple[str, ...]:
    """What NVIDIA calls each GPU that this process may use, as no other one in the world."""
    with _management() as library:
        return tuple(_identity(library, gpu) for gpu in _handles(library))


def _handles(library: Any) -> Iterator[ctypes.c_void_p]:
    """The GPUs that the library knows."""
    count = ctypes.c_uint()
    if library is None or library.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
        return
    for number in range(count.value):
        gpu = ctypes.c_void_p()
        if library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(number), ctypes.byref(gpu)) == 0:
            yield gpu


def _memory(library: Any, gpu: ctypes.c_void_p) -> int | None:
    """Bytes of memory of a GPU; None if unknown."""
    sizes = (ctypes.c_ulonglong * 3)()  # total, free, used
    return int(sizes[0]) if library.nvmlDeviceGetMemoryInfo(gpu, ctypes.byref(sizes)) == 0 else None


def _identity(library: Any, gpu: ctypes.c_void_p) -> str:
    name = ctypes.create_string_buffer(96)
    return name.value.decode() if library.nvmlDeviceGetUUID(gpu, name, len(name)) == 0 else ""


@contextmanager
def _management() -> Iterator[Any]:
    """The management library; None if no driver is loaded."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        yield None
        return
    if library.nvmlInit_v2() != 0:
        yield None
        return
    try:
        yield library
    finally:
        library.nvmlShutdown()


def has_plugin() -> bool:
    """Whether JAX can use CUDA."""
    return any(find_spec(name) for name in PLUGINS)


def has_gpu() -> bool:
    """Whether a GPU may be used, as far as can be told without JAX."""
    if find_spec("jax") is None or not has_plugin():
        return False
    version = driver_version()
    return version is not None and version >= _least_driver()


def _least_driver() -> int:
    """The oldest driver that the JAX that is installed can use."""
    return max(least for name, least in PLUGINS.items() if find_spec(name))
