"""Where compiled kernels are kept between runs: one file for each, by name.

The folder's name carries a hash of every kernel source, of Numba's version and of the processor, so that a file is
never stale. The folder is probed for writing; where that fails, a temporary one is used, with one warning.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from functools import cache
from importlib.metadata import version
from pathlib import Path

from llvmlite import binding


def read(name: str) -> tuple[str, bytes] | None:
    """The symbol and the object file of a kernel, if it was compiled before."""
    try:
        symbol, _, machine_code = (folder() / f"{name}.kernel").read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    return symbol.decode(), machine_code


def write(name: str, symbol: str, machine_code: bytes) -> None:
    """Keep a kernel: its symbol on a line, then its object file. Another process never sees half of it."""
    descriptor, temporary = tempfile.mkstemp(dir=folder(), prefix=f"{name}-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(symbol.encode() + b"\n" + machine_code)
    Path(temporary).replace(folder() / f"{name}.kernel")


@cache
def folder() -> Path:
    """The cache folder, made if needed."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dltool"
    return _writable(root / f"kernels-{_key()}")


def _key() -> str:
    digest = hashlib.sha256()
    for source in sorted([*Path(__file__).parent.glob("*.py"), Path(__file__).parents[1] / "records.py"]):
        digest.update(source.read_bytes())
    digest.update(f"{version('numba')} {version('llvmlite')}".encode())
    digest.update(binding.get_host_cpu_name().encode())
    digest.update(repr(sorted(binding.get_host_cpu_features().items())).encode())
    digest.update(repr([os.environ.get(name) for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")]).encode())
    return digest.hexdigest()[:16]


def _writable(wanted: Path) -> Path:
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError as error:
        warnings.warn(
            f"the kernel cache {wanted} is not writable ({error.strerror}): kernels are compiled for this run alone; "
            "set XDG_CACHE_HOME to a writable folder to keep them",
            stacklevel=2,
        )
        return Path(tempfile.mkdtemp(prefix="dltool-kernels-"))
