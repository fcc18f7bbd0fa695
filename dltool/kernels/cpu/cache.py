"""Where compiled kernels are kept between runs: one file for each, by name and layout of its record.

The folder's name carries a hash of every kernel source, of the versions of LLVM and NumPy and of the processor, so that
a file is never stale. The folder is probed for writing; where that fails, a temporary one is used, with one warning.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
import warnings
from functools import cache
from importlib.metadata import version
from pathlib import Path

from dltool.caching import cache_root, read_sound, warn_once, write_sound
from dltool.kernels import processor
from dltool.kernels.records import PREFIX, Kernel


def read(kernel: Kernel) -> bytes | None:
    """The object file of a kernel, if it was compiled before and its file is sound."""
    try:
        return read_sound(_file(kernel))
    except OSError:  # there is no place for files
        return None


def write(kernel: Kernel, machine_code: bytes) -> None:
    """Keep the object file of a kernel."""
    try:
        write_sound(_file(kernel), machine_code)
    except OSError as error:  # a full disk, say: they are compiled again next time
        warn_once(f"compiled kernels cannot be kept in {cache_root()}: {error.strerror or error}")


def _file(kernel: Kernel) -> Path:
    return folder() / f"{kernel.symbol.removeprefix(PREFIX)}.kernel"


@cache
def folder() -> Path:
    """The cache folder, made if needed."""
    return _writable(cache_root() / f"kernels-{_key()}")


def _key() -> str:
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in sorted([*here.glob("*.py"), *here.parent.glob("*.py"), *here.parent.glob("compiler/*.py")]):
        digest.update(source.read_bytes())
    digest.update(f"{version('llvmlite')} {version('numpy')} {processor.name()} {processor.features()}".encode())
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
