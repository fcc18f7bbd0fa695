"""Where compiled kernels are kept between runs: one file for each, by name and layout of its record.

The folder's name carries a hash of every kernel source, of LLVM's version and of the processor, so that a file is
never stale. The folder is probed for writing; where that fails, a temporary one is used, with one warning.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
import warnings
from functools import cache
from importlib.metadata import version
from pathlib import Path

from dltool.caching import cache_root
from dltool.kernels import processor
from dltool.kernels.records import PREFIX, Kernel


def read(kernel: Kernel) -> bytes | None:
    """The object file of a kernel, if it was compiled before and its file is sound."""
    try:
        checksum, _, machine_code = _file(kernel).read_bytes().partition(b"\n")
    except OSError:
        return None
    # machine code that was cut short by a crash must not be run
    return machine_code if checksum == _checksum(machine_code) else None


def write(kernel: Kernel, machine_code: bytes) -> None:
    """Keep a kernel: a line with the checksum, then its object file. No process ever sees half of it."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=folder(), prefix=f"{kernel.name}-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_checksum(machine_code) + b"\n" + machine_code)
            Path(temporary).replace(_file(kernel))
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:  # a full disk, say: they are compiled again next time
        _warn(f"compiled kernels cannot be kept in {folder()}: {error.strerror}")


@cache
def _warn(text: str) -> None:
    """Warn once, and not for each kernel."""
    warnings.warn(text, stacklevel=3)


def _file(kernel: Kernel) -> Path:
    return folder() / f"{kernel.symbol.removeprefix(PREFIX)}.kernel"


def _checksum(machine_code: bytes) -> bytes:
    return hashlib.sha256(machine_code).hexdigest().encode()


@cache
def folder() -> Path:
    """The cache folder, made if needed."""
    return _writable(cache_root() / f"kernels-{_key()}")


def _key() -> str:
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in sorted([*here.glob("*.py"), *here.parent.glob("*.py"), *here.parent.glob("compiler/*.py")]):
        digest.update(source.read_bytes())
    digest.update(f"{version('llvmlite')} {processor.name()} {processor.features()}".encode())
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
        temporary = tempfile.mkdtemp(prefix="dltool-kernels-")
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        return Path(temporary)
