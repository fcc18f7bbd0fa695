"""`dltool doctor`: whether this machine has what dltool needs, and what could be added."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

import typer

from dltool import __version__
from dltool.caching import cache_root
from dltool.cli.screen.table import write_table
from dltool.config.amounts import amount
from dltool.kernels.bfloat16_unit import bfloat16_unit
from dltool.runtime.xla.drivers import has_plugin
from dltool.training.strict_json import to_json

#: what each extra gives, except those for development
EXTRAS: Mapping[str, str] = {
    "compare": "dltool bench --against torch",
    "cuda": "training on a GPU: --device cuda",
    "distributed": "training by several processes: --ranks",
    "excel": "tables in .xlsx workbooks",
    "images": "image files",
    "import": "networks that Keras has saved",
    "onnx": "dltool export to ONNX",
    "serve": "dltool serve",
    "sklearn": "networks in scikit-learn: dltool.sklearn",
    "sweep": "dltool sweep",
    "text": "byte pair vocabularies",
    "xla": "training through XLA: --device xla",
}
#: free space that a training may need
LEAST_DISK, LEAST_MEMORY = 500 << 20, 500 << 20
_CORE = ("numpy", "llvmlite", "duckdb", "pydantic", "safetensors")
_UNITS = ("avx512f", "avx2", "fma")


class Finding(NamedTuple):
    """One line."""

    name: str
    found: str
    advice: str = ""  # what to do about it, if it is a problem


def doctor(*, as_json: bool) -> int:
    """Write what was found; returns 1 if something keeps dltool from working well."""
    machine, caches, extras = [*_machine(), *_versions()], _folders(), _extras()
    problems = [one for one in (*machine, *caches) if one.advice]
    if as_json:
        about = {"machine": machine, "folders": caches, "extras": extras}
        typer.echo(to_json({key: [one._asdict() for one in found] for key, found in about.items()}))
        return 1 if problems else 0
    for title, found in (("machine", machine), ("folders", caches), ("extras", extras)):
        write_table(title, ("", ""), [(one.name, one.found) for one in found])
    for one in problems:
        typer.echo(f"problem: {one.name}: {one.found}; {one.advice}")
    if not problems:
        typer.echo("all is well")
    return 1 if problems else 0


def _machine() -> list[Finding]:
    from dltool.report.environment import environment

    about = environment(threads=0, compile_seconds=0.0, device="")
    usable, present = about["cores"], os.cpu_count() or 1
    cores = str(usable) if usable == present else f"{usable} of {present}"
    free = _available_memory()
    advice = "close other programs, or set data.memory in the config" if free < LEAST_MEMORY else ""
    return [
        Finding("system", about["system"], "" if platform.system() == "Linux" else "dltool is made for Linux"),
        Finding("processor", about["processor"]),
        Finding("cores", cores),
        _vector_units(),
        Finding("bfloat16", bfloat16_unit()),
        Finding("memory", f"{amount(free)} free of {amount(about['memory_bytes'])}", advice),
    ]


def _vector_units() -> Finding:
    from dltool.kernels import processor
    from dltool.kernels.cpu.registers import tile_of_products

    found = [name for name in _UNITS if processor.has(name)]
    advice = "" if {"avx2", "fma"} <= {*found} else "without AVX2 and FMA, kernels are several times slower"
    units = ", ".join(found) or platform.machine()
    return Finding("vector units", f"{units}; products in tiles of {tile_of_products()}", advice)


def _available_memory() -> int:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) << 10 if found else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")


def _versions() -> list[Finding]:
    listed = ", ".join(f"{name} {version(name)}" for name in _CORE)
    return [Finding("versions", f"dltool {__version__}, Python {platform.python_version()}, {listed}")]


def _folders() -> list[Finding]:
    kernels = sum(1 for _ in cache_root().glob("kernels-*/*.kernel"))
    compiled = f", {kernels} compiled kernels" if kernels else ", no kernels compiled yet"
    places = {"cache": (cache_root(), compiled), "temporary files": (Path(tempfile.gettempdir()), "")}
    return [_folder(name, path, more) for name, (path, more) in places.items()] + [
        _folder("working directory", Path.cwd())
    ]


def _folder(name: str, path: Path, more: str = "") -> Finding:
    above = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    free = shutil.disk_usage(above).free
    found = f"{path}, {amount(free)} free{more}"
    try:
        with tempfile.TemporaryFile(dir=above):
            pass
    except OSError as error:
        hint = "set XDG_CACHE_HOME to a folder that is" if name == "cache" else "dltool writes runs there"
        return Finding(name, f"{path} is not writable ({(error.strerror or str(error)).lower()})", hint)
    return Finding(name, found, "make room" if free < LEAST_DISK else "")


def _extras() -> list[Finding]:
    """Whether the packages of each extra are installed."""
    return [Finding(f"{name}: {gives}", _state(name)) for name, gives in EXTRAS.items()]


def _state(extra: str) -> str:
    wanted = [
        re.split(r"[^\w.-]", one)[0]
        for one in requires("dltool") or []
        if re.search(rf"extra == ['\"]{extra}['\"]", one)
    ]
    found, missing = [], []
    for name in wanted:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if extra == "cuda" and not missing and not has_plugin():
        missing.append("JAX's plugin for CUDA")
    return ", ".join(found) if not missing else f"needs {', '.join(missing)}: pip install 'dltool[{extra}]'"
