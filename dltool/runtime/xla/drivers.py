"""Why there is no GPU to compute on: JAX, the driver, or the card."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from dltool.errors import RunError

#: where Linux tells of NVIDIA's driver
DRIVER = Path("/proc/driver/nvidia/version")
#: the oldest driver for the CUDA that the extra `cuda` installs
LEAST_DRIVER = 525
#: the parts of JAX that know CUDA
PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin")


def require_jax(kind: str) -> None:
    """Raise RunError if JAX is not installed."""
    if find_spec("jax") is None:
        raise RunError(f"device {kind} needs JAX: pip install 'dltool[{kind}]'")


def require_gpu() -> None:
    """Raise RunError if JAX cannot use a GPU of this machine, as far as can be told before it is imported."""
    version = driver_version()
    if version is None:
        raise RunError("device cuda: no driver of an NVIDIA GPU is loaded; see nvidia-smi, or use --device cpu")
    if version < LEAST_DRIVER:
        raise RunError(
            f"device cuda: NVIDIA's driver {version} is too old: CUDA 12 needs {LEAST_DRIVER} or newer, from "
            "https://www.nvidia.com/drivers; or use --device cpu"
        )
    if not has_plugin():
        raise RunError("device cuda: the JAX that is installed knows no CUDA: pip install 'dltool[cuda]'")


def why_no_gpu(reported: str) -> str:
    """One line on why JAX finds no GPU, although there is a driver; `reported` is what JAX says."""
    reason = " ".join(reported.split())[:200]
    return f"device cuda: JAX finds no GPU that it can use ({reason}); see nvidia-smi, or use --device cpu"


def driver_version() -> int | None:
    """The main number of the version of NVIDIA's driver; None if none is loaded."""
    try:
        found = re.search(r"Kernel Module\D*(\d+)\.", DRIVER.read_text())
    except OSError:
        return None
    return int(found[1]) if found else None


def has_plugin() -> bool:
    """Whether JAX can use CUDA."""
    return any(find_spec(name) for name in PLUGINS)


def has_gpu() -> bool:
    """Whether a GPU may be used, as far as can be told without JAX."""
    version = driver_version()
    return version is not None and version >= LEAST_DRIVER and find_spec("jax") is not None and has_plugin()
