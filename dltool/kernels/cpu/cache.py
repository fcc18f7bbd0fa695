"""Where compiled kernels are kept between runs.

The folder's name carries a hash of every kernel source, of Numba's version and of the processor, because Numba does
not notice a change in another file that a kernel calls. The folder is probed for writing; where that fails, a
temporary one is used, with one warning.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import llvmlite
import llvmlite.binding
import numba


@cache
def prepare() -> Path:
    """Point Numba at the cache folder, made if needed."""
    folder = _writable(_root() / f"kernels-{_key()}")
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    return folder


def has(function: Callable[..., object]) -> bool:
    """Whether machine code for a kernel lies in the cache (it may still prove stale)."""
    pattern = (
        f"{Path(function.__code__.co_filename).stem}.{function.__qualname__}-{function.__code__.co_firstlineno}.*.nbi"
    )
    return any(prepare().glob(f"*/{pattern}"))


def _root() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dltool"


def _key() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    digest.update(f"{numba.__version__} {llvmlite.__version__}".encode())
    digest.update(llvmlite.binding.get_host_cpu_name().encode())
    digest.update(repr(sorted(llvmlite.binding.get_host_cpu_features().items())).encode())
    digest.update(f"{numba.config.CPU_NAME} {numba.config.CPU_FEATURES}".encode())  # type: ignore[attr-defined]
    return digest.hexdigest()[:16]


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        other = Path(tempfile.mkdtemp(prefix="dltool-kernels-"))
        warnings.warn(
            f"the kernel cache {folder} is not writable ({error.strerror}): compiling into {other} for this run; "
            "set XDG_CACHE_HOME to a writable folder to keep compiled kernels",
            stacklevel=2,
        )
        return other
