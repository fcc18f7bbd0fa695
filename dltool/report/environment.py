"""Machine and versions of a run, saved with it so that the report can be made on another machine."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from dltool import __version__
from dltool.errors import RunError
from dltool.training.writing import write_whole

#: packages whose versions are recorded if they are used
_LIBRARIES = ("numpy", "llvmlite", "duckdb", "jax")


def environment(*, threads: int, device: str, compile_seconds: float) -> dict[str, Any]:
    """The environment of this process as plain data: compute threads, or the name of the device that it computes on."""
    return {
        "dltool": __version__,
        "python": platform.python_version(),
        **{name: sys.modules[name].__version__ for name in _LIBRARIES if name in sys.modules},
        "system": _system(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        **({"device": device} if device else {}),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "folder": os.getcwd(),
        "compile_seconds": round(compile_seconds, 6),
        "began": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def keep(found: Mapping[str, Any], path: Path) -> None:
    """Save the environment with a run; failures are ignored, since nothing depends on it."""
    with suppress(RunError):
        write_whole(path, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def kept(path: Path) -> dict[str, Any]:
    """The saved environment; empty if there is none."""
    with suppress(OSError, ValueError):
        return dict(json.loads(path.read_text(encoding="utf-8")))
    return {}


def _system() -> str:
    with suppress(OSError):
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {sys.platform} {platform.release()}"
    return f"{sys.platform} {platform.release()}"


def _processor() -> str:
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return platform.machine()
