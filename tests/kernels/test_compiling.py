"""The process that compiles kernels: what it makes, and that nothing is left of it, however it or its user ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

KERNELS = """
import os, resource, signal
from dltool.kernels.cpu import library
from dltool.kernels.records import Kernel
kernels = [Kernel(name) for name in ("run_steps", "relu", "add", "multiply", "gelu", "tanh")]

def compile(on_compile=lambda what, share: None):
    library.prepare(kernels, on_compile)
    print(len({library.address(kernel) for kernel in kernels}), "addresses")
"""
READIED = KERNELS + "library.expect()\nprint(library._waiting[0]._process.pid, flush=True)\n"


def start(script: str, cache: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", script], env=environment, text=True, **pipes)


def kept(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.glob("dltool/kernels-*/*"))


def members(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, owner = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(owner) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


ALL = ["add.kernel", "gelu.kernel", "multiply.kernel", "relu.kernel", "run_steps.kernel", "tanh.kernel"]


def test_two_processes_compile_the_same_at_once(tmp_path: Path):
    for process in [start(KERNELS + "compile()", tmp_path) for _ in range(2)]:
        assert process.communicate() == ("6 addresses\n", "")
    assert kept(tmp_path) == ALL


def test_a_killed_compiler_is_done_without(tmp_path: Path):
    kill = "os.kill(library._waiting[0]._process.pid, signal.SIGKILL)\ncompile()"
    out, err = start(READIED + kill, tmp_path).communicate()
    assert out.endswith("\n6 addresses\n")
    assert err.count("Warning: ") == 1
    assert "compiles kernels has failed (killed; is there enough memory?); this one goes on alone" in err
    assert kept(tmp_path) == ALL


def test_without_other_processes_this_one_compiles(tmp_path: Path):
    out, err = start(
        KERNELS + "import sys\nsys.executable = '/missing'\nlibrary.expect()\ncompile()", tmp_path
    ).communicate()
    assert out == "6 addresses\n"
    assert err.count("Warning: ") == 1
    assert "compiles kernels has failed (No such file or directory); this one goes on alone" in err


def test_on_a_full_disk_kernels_live_as_long_as_the_process(tmp_path: Path):
    full = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\ncompile()"
    process = start(KERNELS + full, tmp_path)
    out, err = process.communicate()
    assert out == "6 addresses\n"
    assert err.count("UserWarning: compiled kernels cannot be kept in ") == 1
    assert kept(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("workers", [False, True], ids=["readied", "compiling"])
def test_no_process_outlives_its_user(tmp_path: Path, number: signal.Signals, workers: bool):
    kill = f"os.kill(os.getpid(), {number.value})"
    then = f"compile(lambda what, share: share > 0.2 and {kill})" if workers else kill
    process = start(READIED + then, tmp_path)
    session = int(process.communicate()[0].splitlines()[0])
    assert process.returncode != 0
    for _ in range(100):
        if not members(session):
            break
        time.sleep(0.1)
    assert members(session) == []
    assert all(name in ALL for name in kept(tmp_path))
