"""The kernel cache: compiled once for each machine and state of the sources, in a folder that may be anything."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dltool
from dltool.errors import RunError
from dltool.kernels.cpu import library
from dltool.kernels.cpu.kernel import declared
from dltool.kernels.records import Kernel, Record

PACKAGE = Path(dltool.__file__).parent
PREPARE = """
import sys
from dltool.kernels.cpu import cache, library
from dltool.kernels.records import Kernel, Record
labels = Kernel("gather_labels", Record("data, rows -> labels"))
seconds = sum(library.prepare([labels], lambda what, share: print(f"{what}: {share:.0%}")) for _ in range(2))
print("compiled" if seconds > 0 else "loaded")
print("compiler" if "dltool.kernels.compiler.library" in sys.modules else "no compiler")
"""
FOLDER = "from dltool.kernels.cpu import cache; print(cache.folder())"
NAME = f"gather_labels_{Record('data, rows -> labels').digest}.kernel"
FIRST, LATER = ["1 kernel: 0%", "1 kernel: 100%", "compiled", "no compiler"], ["loaded", "no compiler"]


def run(script: str, cache: Path, *, package: Path = PACKAGE, **variables: str) -> subprocess.CompletedProcess[str]:
    """A Python process of its own that keeps kernels below `cache`."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(package.parent), **variables}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=environment, cwd=package.parent, capture_output=True, text=True, check=True)


def test_a_second_process_loads_what_the_first_compiled(tmp_path: Path):
    assert run(PREPARE, tmp_path).stdout.split("\n")[:-1] == FIRST
    assert run(PREPARE, tmp_path).stdout.split("\n")[:-1] == LATER
    (kept,) = tmp_path.glob("dltool/kernels-*/*")
    assert kept.name == NAME


@pytest.mark.parametrize("length", [0, 500])
def test_a_damaged_file_is_compiled_again(tmp_path: Path, length: int):
    folder = Path(run(FOLDER, tmp_path).stdout.strip())
    (folder / NAME).write_bytes(b"\x7fELF" * (length // 4))
    assert run(PREPARE, tmp_path).stdout.split("\n")[:-1] == FIRST
    assert run(PREPARE, tmp_path).stdout.split("\n")[:-1] == LATER


def test_the_folder_belongs_to_sources_and_processor(tmp_path: Path):
    own = Path(run(FOLDER, tmp_path).stdout.strip())
    assert own.parent == tmp_path / "dltool"
    assert run(FOLDER, tmp_path).stdout.strip() == str(own)
    assert run(FOLDER, tmp_path, DLTOOL_CPU_NAME="generic").stdout.strip() != str(own)
    copy = tmp_path / "changed" / "dltool"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert run(FOLDER, tmp_path, package=copy).stdout.strip() == str(own)
    with (copy / "kernels" / "cpu" / "vector.py").open("a") as source:
        source.write("# changed\n")
    assert run(FOLDER, tmp_path, package=copy).stdout.strip() != str(own)


def test_without_a_writable_folder_kernels_live_as_long_as_the_process(tmp_path: Path):
    no_folder, temporary = tmp_path / "file", tmp_path / "temporary"
    no_folder.touch()
    temporary.mkdir()
    done = run(PREPARE, no_folder, TMPDIR=str(temporary))
    assert done.stdout.split("\n")[:-1] == FIRST
    warning = f"the kernel cache {no_folder}/dltool/kernels-"
    assert done.stderr.count(warning) == done.stderr.count("UserWarning") == 1
    assert "is not writable (Not a directory): kernels are compiled for this run alone" in done.stderr
    assert list(temporary.iterdir()) == []


def test_a_missing_kernel_is_named():
    with pytest.raises(RunError, match=r"op 'leaky_rleu' has no cpu kernel; did you mean 'leaky_relu'\?"):
        library.address(Kernel("leaky_rleu"))


def test_a_kernel_that_asks_for_what_its_op_lacks_is_named():
    with pytest.raises(RunError, match="kernel 'gather_labels' asks for 'rows', which its op does not have"):
        library.address(Kernel("gather_labels", Record("data -> labels")))


def test_operands_and_attributes_share_no_name():
    with pytest.raises(ValueError, match="one name for two things"):
        _ = Record("x -> y", {"x": 1})


def test_no_kernel_is_taken_for_a_function_of_c():
    """Machine code that calls `exp` of C must not find the kernel of that name, which was loaded before."""
    functions = ctypes.CDLL(None)
    assert hasattr(functions, "exp")
    assert [name for name in declared() if hasattr(functions, Kernel(name).symbol)] == []
