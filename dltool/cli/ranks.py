"""A command in one of several processes that MPI connects: one screen, one set of messages, one end."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence

from dltool.cli.output_streams import write_alone
from dltool.cli.rank_streams import KeptLines, Shown, Unshown
from dltool.distributed.guard import become_rank
from dltool.distributed.launched import Launched, failure_ends_all, work_alone
from dltool.distributed.ranks import LostError
from dltool.errors import InputError

#: commands that the ranks run together; rank 0 alone runs any other
TOGETHER = ("train", "resume", "eval")
#: commands that several processes cannot share, and what to do instead
ONE_PROCESS = {
    "bench": "bench --ranks N --network 25Gb predicts the speed of several",
    "sweep": "sweep --workers N trains several at a time",
    "serve": "serve answers with all processors of its machine",
}
#: seconds that a rank which has failed waits for the others to fail alike
PATIENCE = 2.0


def run_rank(words: Sequence[str], run: Callable[[Sequence[str]], int], launched: Launched) -> int:
    """Run a command as one of several ranks; returns the exit code."""
    command = next((word for word in words if not word.startswith("-")), "")
    if command in ONE_PROCESS:
        if launched.number == 0:
            started = f"{launched.by} started {launched.size}"
            _write(f"error: {command} runs in one process, and {started}; {ONE_PROCESS[command]}\n")
        return InputError.exit_code
    if command not in TOGETHER:
        work_alone()
        return run(words) if launched.number == 0 else 0
    code = become_rank(launched, lambda line: _write(f"{line}\n"))
    if code is not None:
        return code
    shown = _take_streams(launched.number)
    return _end(run(words), shown, launched.number)


def _take_streams(number: int) -> Shown | KeptLines:
    """Let only rank 0 write; its standard error, or what stands for it in others, remembers lines."""
    write_alone()
    if number == 0:
        sys.stderr = Shown(sys.stderr)
        return sys.stderr
    sys.stdout, sys.stderr = Unshown(), KeptLines()
    return sys.stderr


def _end(code: int, shown: Shown | KeptLines, number: int) -> int:
    """Wait for the other ranks; what only some of them report is shown with their rank.

    If they do not end although this one failed, they wait for it in vain, and are ended too.
    """
    from dltool.distributed.mpi import MpiRanks
    from dltool.distributed.ranks import this_process

    try:
        ranks = this_process()
    except InputError as error:  # there is no MPI
        if number == 0 and code == 0:
            _write(f"error: {error}\n")
        if number and failure_ends_all():
            # where the others fail alike, rank 0 says so and the launcher ends this one
            signal.signal(signal.SIGTERM, lambda *_: os._exit(InputError.exit_code))
            time.sleep(2 * PATIENCE)
            _write(f"rank {number} on {socket.gethostname()}: error: {error}\n")
        return code or error.exit_code
    if not isinstance(ranks, MpiRanks):
        return code
    name = f"rank {ranks.number} on {ranks.host}"
    ends = ranks.ended((name, code, shown.lines), PATIENCE if code else float("inf"))
    if ends is None:
        if number:
            _write("".join(f"{name}: {line}\n" for line in shown.lines))
        ranks.abort(code)
    if number == 0:
        known = set(shown.lines)
        for other, _, lines in ends[1:]:
            _write("".join(f"{other}: {line}\n" for line in lines if line not in known))
            known.update(lines)
    return max(one for _, one, _ in ends)


def end_with_others(error: Exception) -> None:
    """Where a connection is lost, another rank has died and its guard has said so: the launcher will end this one.

    If it does not, show the error and exit.
    """
    if isinstance(error, LostError) or type(error).__module__.partition(".")[0] == "mpi4py":
        time.sleep(2 * PATIENCE)
        _write(f"{socket.gethostname()}: error: {' '.join(str(error).split())}\n")
        os._exit(1)


def _write(text: str) -> None:
    os.write(2, text.encode("utf-8", "surrogateescape"))
