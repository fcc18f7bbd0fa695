"""However one rank ends, all end, soon, and the user sees which and why."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dltool.config.loading import load
from dltool.distributed.guard import PATIENCE
from dltool.distributed.ranks import Ranks
from dltool.errors import InputError
from dltool.training.ranks import require_shares, with_shards

from .kills import kill_at_random
from .mpi import arrays, children, command, needs_mpi, ranks_of, run, wait_for_epochs, written


def interrupted(place: Path, config: Path, act: Callable[[subprocess.Popen[str]], None]) -> tuple[int, str, float]:
    """Train on two ranks until two epochs are done, then `act`: exit code, errors, and seconds until the end."""
    words = command(2, "train", config, "--run-dir", place, "--quiet")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_epochs(place, process)
    started = time.monotonic()
    act(process)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors, time.monotonic() - started


@needs_mpi
@pytest.mark.parametrize("who", ["a rank", "mpiexec"])
def test_a_signal_stops_all_with_one_checkpoint_that_can_be_resumed(tmp_path: Path, who: str):
    def act(process: subprocess.Popen[str]) -> None:
        os.kill(ranks_of(process.pid)[1] if who == "a rank" else process.pid, signal.SIGTERM)

    place = tmp_path / "run"
    code, errors, _ = interrupted(place, written(tmp_path, train={"epochs": 5000}), act)
    assert (code, errors) == (143, "")
    assert arrays(place)


@pytest.mark.slow
@needs_mpi
def test_a_rank_may_come_late(tmp_path: Path):
    """The others wait for it, however long machines take to start."""
    script, place = tmp_path / "start.sh", tmp_path / "run"
    alone = " ".join(command(1, "train", written(tmp_path), "--run-dir", place, "--quiet"))
    script.write_text(f"[ $PMI_RANK = 1 ] && sleep {PATIENCE + 3}\nexec {alone}\n")
    done = subprocess.run([*command(2)[:3], "sh", script], capture_output=True, text=True, timeout=90)
    assert (done.returncode, done.stderr) == (0, "")


@needs_mpi
@pytest.mark.parametrize("number", [0, 1])
def test_a_rank_that_dies_is_named(tmp_path: Path, number: int):
    place = tmp_path / "run"
    config = written(tmp_path, train={"epochs": 5000})
    code, errors, seconds = interrupted(
        place, config, lambda process: os.kill(ranks_of(process.pid)[number], signal.SIGKILL)
    )
    assert code in (137, 143, 9), "of the one that died, or of what mpiexec then ended"
    (line,) = (line for line in errors.splitlines() if line.startswith("error:"))
    assert line.startswith(f"error: rank {number} on {os.uname().nodename} was ended by SIGKILL")
    assert "dltool resume" in line
    assert seconds < 15, "the promise to users"


@needs_mpi
@pytest.mark.parametrize("number", [0, 1])
def test_a_rank_that_dies_before_all_have_met_ends_the_others(tmp_path: Path, number: int):
    script = tmp_path / "start.sh"
    alone = " ".join(command(1, "train", written(tmp_path), "--run-dir", tmp_path / "run"))
    late = f"import os, time; time.sleep(0.5); os.kill(os.getpid(), {signal.SIGKILL:d})"
    (tmp_path / "mpi4py.py").write_text(late)
    script.write_text(f"[ $PMI_RANK = {number} ] && export PYTHONPATH={tmp_path}\nexec {alone}\n")
    done = subprocess.run([*command(2)[:3], "sh", script], capture_output=True, text=True, timeout=60)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: rank {number} on {os.uname().nodename} was ended by SIGKILL")
    assert done.returncode == 137


@needs_mpi
@pytest.mark.parametrize(
    "without", ["both", *(pytest.param(rank, marks=pytest.mark.slow) for rank in ("rank 0", "rank 1"))]
)
def test_ranks_without_mpi4py_end_all_with_one_line(tmp_path: Path, without: str):
    script = tmp_path / "start.sh"
    alone = " ".join(command(1, "train", written(tmp_path), "--run-dir", tmp_path / "run"))
    (tmp_path / "mpi4py.py").write_text("raise ModuleNotFoundError(\"No module named 'mpi4py'\")")
    ranks = {"rank 0": "0", "rank 1": "1", "both": "[01]"}[without]
    script.write_text(f"case $PMI_RANK in {ranks}) export PYTHONPATH={tmp_path};; esac\nexec {alone}\n")
    done = subprocess.run([*command(2)[:3], "sh", script], capture_output=True, text=True, timeout=60)
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        f"rank 1 on {os.uname().nodename}: error: mpiexec" if without == "rank 1" else "error: mpiexec"
    )
    assert "which need mpi4py" in line
    assert done.returncode == 2


def test_a_rank_of_open_mpi_names_itself_unless_all_end_sooner(tmp_path: Path):
    """It cannot tell the others, and Open MPI ends them only when it has ended."""
    (tmp_path / "mpi4py.py").write_text("raise ModuleNotFoundError(\"No module named 'mpi4py'\")")
    places = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    environment = {**os.environ, "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "PYTHONPATH": places}
    words = command(1, "train", written(tmp_path), "--run-dir", tmp_path / "run")
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"rank 1 on {os.uname().nodename}: error: mpiexec started 2 processes, which need mpi4py")
    assert done.returncode == 2


REFUSED = {
    "ranks that do not divide the shards": (
        3, {}, "a batch of 4 shards cannot be shared by 3 processes; start 1, 2 or 4"
    ),
    "batches that ranks cannot share": (
        3, {"shards": "auto"}, "3 processes cannot share batches of 64 evenly; fitting: 66"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shared(tmp_path: Path, name: str):
    size, train, message = REFUSED[name]
    ranks = Ranks()
    ranks.size = size
    with pytest.raises(InputError, match=re.escape(message)):
        require_shares(with_shards(load(written(tmp_path, train=train)), ranks), ranks, debug=False)


@needs_mpi
def test_it_is_refused_once(tmp_path: Path):
    size, train, message = REFUSED["ranks that do not divide the shards"]
    done = run(size, "train", written(tmp_path, train=train), "--run-dir", tmp_path / "run")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert message in line
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@needs_mpi
def test_a_run_goes_on_by_itself_after_a_rank_has_died(tmp_path: Path):
    """The process that dies does so in the second epoch of the first attempt."""
    config = written(tmp_path, train={"epochs": 100, "checkpoint_minutes": 0.0001})
    place = tmp_path / "run"
    words = command(1, "train", config, "--run-dir", place, "--quiet", "--ranks", 2, "--restarts", 1)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_epochs(place, process)
    (mpiexec,) = children(process.pid)
    os.kill(ranks_of(mpiexec)[1], signal.SIGKILL)
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 0
    died, again = (line for line in errors.splitlines() if line.startswith(("error:", "note:")))
    assert died.startswith("error: rank 1 on")
    assert again == "note: starting again from the last checkpoint (1 of at most 1 times)"
    alone = tmp_path / "alone"
    assert run(1, "train", config, "--run-dir", alone, "--quiet").returncode == 0
    assert arrays(place) == arrays(alone)


@needs_mpi
def test_an_error_of_one_rank_is_shown_with_its_name_and_ends_all(tmp_path: Path):
    place = tmp_path / "run"
    script = tmp_path / "start.sh"
    path = written(tmp_path)
    alone = " ".join(command(1, "train", "$CONFIG", "--run-dir", place))
    script.write_text(f"CONFIG={path}; [ $PMI_RANK = 1 ] && CONFIG={tmp_path}/lost.yaml\nexec {alone}\n")
    done = subprocess.run([*command(2)[:3], "sh", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert (
        done.stderr
        == f"rank 1 on {os.uname().nodename}: error: {tmp_path}/lost.yaml: no such file; configs there: config.yaml\n"
    )


GIVING_UP = """
from dltool.distributed.ranks import this_process

ranks = this_process()
if ranks.number:
    assert ranks.ended("an end", 0.2) is None
    ranks.abort(3)
print(ranks.gathered("work"))
"""


@needs_mpi
def test_a_rank_that_gives_up_takes_no_further_part(tmp_path: Path):
    script = tmp_path / "giving_up.py"
    script.write_text(GIVING_UP)
    done = subprocess.run([*command(2)[:3], sys.executable, script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")


@needs_mpi
def test_a_full_disk_ends_the_log_of_a_rank_and_nothing_else(tmp_path: Path):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "rank-1.log").symlink_to("/dev/full")
    done = run(2, "train", written(tmp_path), "--run-dir", tmp_path / "run", "--log-ranks", logs)
    (line,) = (line for line in done.stderr.splitlines() if "warning" in line)
    assert line == (
        f"rank 1 on {os.uname().nodename}: warning: {logs}/rank-1.log: the log ends here: No space left on device"
    )
    assert done.returncode == 0
    assert arrays(tmp_path / "run")


@needs_mpi
def test_ranks_with_different_configs_are_told_apart(tmp_path: Path):
    script = tmp_path / "start.sh"
    alone = " ".join(command(1, "train", written(tmp_path), "--run-dir", tmp_path / "run", "--set"))
    script.write_text(f"exec {alone} train.seed=$PMI_RANK\n")
    done = subprocess.run([*command(2)[:3], "sh", script], capture_output=True, text=True, timeout=60)
    host = os.uname().nodename
    assert (done.returncode, done.stderr) == (
        2, f"error: rank 1 on {host} has another train.seed than rank 0 on {host}: 1, not 0\n"
    )  # fmt: skip


@pytest.mark.parametrize("number", ["0", "1"])
def test_processes_that_mpi_does_not_connect_are_refused(tmp_path: Path, number: str):
    environment = {**os.environ, "RANK": number, "WORLD_SIZE": "2"}
    words = command(1, "train", written(tmp_path), "--run-dir", tmp_path / "run")
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == (1 if number == "0" else 0)
    assert all(line.startswith("error: torchrun started 2 processes") for line in lines)


@needs_mpi
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bench", "digits"], "error: bench runs in one process, and mpiexec started 2; bench --ranks N"),
        (["sweep", "x.yaml"], "error: sweep runs in one process, and mpiexec started 2; sweep --workers N"),
    ],
)
def test_what_one_process_does_is_refused_once(words: list[str], message: str):
    done = run(2, *words)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith(message)


@needs_mpi
def test_rank_0_alone_does_what_ranks_do_not_share(tmp_path: Path):
    """One of the files is called like a command that they do share."""
    place, table = tmp_path / "run", tmp_path / "train"
    assert run(1, "train", written(tmp_path, train={"epochs": 1}), "--run-dir", place, "--quiet").returncode == 0
    (tmp_path / "digits.csv").rename(table)
    for ranks in (1, 2):
        done = run(ranks, "predict", place, table, "--out", tmp_path / f"{ranks}.csv")
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


@pytest.mark.slow
@needs_mpi
def test_runs_that_are_killed_at_random_end_with_the_same_bytes(tmp_path: Path):
    lines = list(kill_at_random(20, seed=1, folder=tmp_path))
    assert lines[-1].endswith("ended with the bytes of a run in peace")
