"""Kernels are compiled in a process of their own, by one worker on each processor.

It can be started before it is known which kernels are needed, to ready the compiler while data is being read. Its
workers are forks, so that the compiler is imported once, and never by a process that trains. All files are written by
the process that asked. The compiling ones live as long as the pipe that brings its requests: they end when it does, in
whatever way.
"""

from __future__ import annotations

import gc
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection

from dltool.kernels.records import Kernel

#: file descriptors of the compiling process
REQUESTS, REPLIES = 0, 1


class CompilerProcess:
    """The process that compiles, as seen from the one that asks."""

    def __init__(self, first: Kernel) -> None:
        """Start it with one kernel; compiling that readies what all others need."""
        requests, self._requests = Pipe(duplex=False)
        self._replies, replies = Pipe(duplex=False)
        with requests, replies:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                stdin=requests.fileno(),
                stdout=replies.fileno(),
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,  # Ctrl-C reaches only the process that asked, which ends this one
            )
        self._first = first
        self._send([first])

    def compile(self, kernels: Sequence[Kernel]) -> Iterator[tuple[Kernel, bytes]]:
        """Yield the object files of the first kernel and of others as they are done, but of none that fails.

        Raises EOFError or OSError if the process or one of its workers has died.
        """
        others = [kernel for kernel in kernels if kernel != self._first]
        self._send(others)
        yield from self._answers([self._first])
        yield from self._answers(others)

    def close(self) -> None:
        """End the process and its workers at once."""
        self._requests.close()
        self._replies.close()
        self._process.kill()
        self._process.wait()

    def _send(self, kernels: Sequence[Kernel]) -> None:
        with suppress(OSError):  # if it has died, its replies end
            self._requests.send(kernels)

    def _answers(self, kernels: Sequence[Kernel]) -> Iterator[tuple[Kernel, bytes]]:
        for _ in kernels:
            number, machine_code = self._replies.recv()
            if machine_code:
                yield kernels[number], machine_code


def main() -> None:
    """Compile the first kernel alone, and those of the second request all at once."""
    _end_with_requests()
    gc.disable()  # LLVM's objects in Python are many, and live until the end
    requests, replies = Connection(os.dup(REQUESTS), writable=False), Connection(os.dup(REPLIES), readable=False)
    os.dup2(sys.stderr.fileno(), REPLIES)  # nothing that is printed may come between the replies
    (first,) = requests.recv()
    replies.send(_compiled(0, first))
    kernels: Sequence[Kernel] = requests.recv()
    workers = min(len(kernels), len(os.sched_getaffinity(0)))
    with ProcessPoolExecutor(max(workers, 1), get_context("fork"), _become_worker, (replies,)) as pool:
        for done in as_completed([pool.submit(_compiled, *each) for each in enumerate(kernels)]):
            replies.send(done.result())


def _compiled(number: int, kernel: Kernel) -> tuple[int, bytes | None]:
    """The object file of a kernel, or None if it cannot be compiled: whoever tries it next sees why."""
    from dltool.kernels.cpu.kernel import compile_kernel

    with suppress(Exception):
        return number, compile_kernel(kernel)
    return number, None


def _become_worker(replies: Connection) -> None:
    replies.close()  # it is open in one process only, so that it ends with that
    _end_with_requests()


def _end_with_requests() -> None:
    """End this process as soon as nobody can send requests any more, whatever it does."""

    def watch() -> None:
        requests = select.poll()
        requests.register(REQUESTS, 0)  # wait for the end, not for requests
        requests.poll()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
