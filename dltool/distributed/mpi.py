"""Ranks that MPI connects, by mpi4py."""

from __future__ import annotations

import os
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np

from dltool.distributed.common_memory import PAGE, common_memory
from dltool.distributed.guard import say_joined, waiting_for_others
from dltool.distributed.launched import Launched
from dltool.distributed.ranks import Ranks, Transfer
from dltool.errors import InputError, RunError

T = TypeVar("T")

#: seconds between looks at whether all have ended
POLL = 0.02

#: bytes that are sent at a time
PIECE = 1 << 28

_INSTALL = "pip install 'dltool[distributed]'"


class MpiRanks(Ranks):
    """The processes of a communicator."""

    def __init__(self, mpi: Any, world: Any):
        self._mpi, self._world = mpi, world
        self._endings = world.Dup()  # a rank may end while others still work: what they say must not meet its end
        self.number, self.size = self._world.rank, self._world.size
        self._here = world.Split_type(mpi.COMM_TYPE_SHARED)  # the ranks on this machine
        hidden = common_memory(self._here, PAGE) is None  # from each other, by containers
        self._sharing = self._here.Split(self._here.rank) if hidden else self._here  # those with common memory

    @property
    def cores(self) -> int:
        """Those that this process may use; an even share of them where other ranks of the machine use the same."""
        own = os.sched_getaffinity(0)
        _, alike = self.among(own)
        return max(1, len(own) // alike)

    @property
    def neighbors(self) -> int:
        return self._here.size

    @property
    def share_memory(self) -> bool:
        return self._sharing.size == self.size

    def among(self, value: Any) -> tuple[int, int]:
        given = self._here.allgather(value)
        return given[: self._here.rank].count(value), given.count(value)

    def largest(self, number: int) -> int:
        return self._world.allreduce(number, op=self._mpi.MAX)

    def told(self, value: T) -> T:
        return self._world.bcast(value)

    def gathered(self, value: T) -> list[T]:
        return self._world.allgather(value)

    def beside(self, folder: Path) -> MpiRanks:
        machine = self._sharing.bcast(self.number)
        with _signed(folder) if self.writes else nullcontext("") as own:
            sign = self.told(own)
            seen = bool(sign) and Path(sign).exists()
            self._world.Barrier()  # it is there until all have looked
        return MpiRanks(self._mpi, self._world.Split(0 if seen else 1 + machine, self.number))

    def made_once(self, make: Callable[[], T]) -> T:
        if self.size == 1:
            return make()
        made, error = None, None
        if self.writes:
            try:
                made = make()
            except (InputError, RunError) as raised:
                error = raised
        self._come(self._world, float("inf"))
        if error := self.told(error):
            raise error
        return self._told_arrays(made)

    def _told_arrays(self, value: Any) -> Any:
        """What rank 0 gives; ranks that share memory have its arrays once, and nobody may change them."""
        buffers: list[pickle.PickleBuffer] = []
        data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append) if self.writes else b""
        data, sizes = self.told((data, [buffer.raw().nbytes for buffer in buffers]))
        starts = [0, *accumulate(-(-size // PAGE) * PAGE for size in sizes)]
        memory = self._common_memory(max(starts[-1], PAGE))
        pieces = [memory[start : start + size] for start, size in zip(starts, sizes, strict=False)]
        for piece, buffer in zip(pieces, buffers, strict=False):
            piece[:] = np.frombuffer(buffer.raw(), np.uint8)
        self._spread(memory)
        memory.flags.writeable = False
        return pickle.loads(data, buffers=[memory[piece] for piece in map(slice, starts, np.add(starts[:-1], sizes))])

    def _spread(self, memory: np.ndarray) -> None:
        """Fill common memory everywhere as rank 0 has it."""
        first = self._sharing.rank == 0
        memories = self._world.Split(0 if first else self._mpi.UNDEFINED, self.number)
        for low in range(0, len(memory) if first else 0, PIECE):
            memories.Bcast([memory[low : low + PIECE], self._mpi.BYTE])
        self._sharing.Barrier()

    def _common_memory(self, size: int) -> np.ndarray:
        memory = common_memory(self._sharing, size)
        if memory is None:
            raise RunError("ranks of one machine cannot open the memory of each other any more")
        return memory

    def meet(self) -> None:
        self._world.Barrier()

    def common(self, size: int) -> list[np.ndarray]:
        room = -(-max(size, 1) // PAGE) * PAGE
        memory = self._common_memory(room * self.size)
        return [memory[room * rank :][:size] for rank in range(self.size)]

    def exchange(self, flat: np.ndarray, cuts: Sequence[int], received: np.ndarray) -> Transfer:
        others = [(self.number + step) % self.size for step in range(1, self.size)]
        own = cuts[self.number + 1] - cuts[self.number]
        requests = [self._world.Irecv(received[other], other) for other in others if own]
        slices = [flat[low:high] for low, high in pairwise(cuts)]
        requests += [self._world.Isend(slices[other], other) for other in others if len(slices[other])]
        return _Messages(self._mpi, requests)

    def complete(self, flat: np.ndarray, cuts: Sequence[int]) -> Transfer:
        slices = [flat[low:high] for low, high in pairwise(cuts)]
        others = [(self.number + step) % self.size for step in range(1, self.size)]
        requests = [self._world.Irecv(slices[other], other) for other in others if len(slices[other])]
        if len(slices[self.number]):
            requests += [self._world.Isend(slices[self.number], other) for other in others]
        return _Messages(self._mpi, requests)

    def ended(self, value: T, seconds: float) -> list[T] | None:
        """What each rank gives once it has ended its work; None if some have not after some seconds."""
        return self._endings.allgather(value) if self._come(self._endings, seconds) else None

    def _come(self, processes: Any, seconds: float) -> bool:
        """Wait until all processes of a communicator come here, but not longer than some seconds."""
        request, until = processes.Ibarrier(), time.monotonic() + seconds
        while not request.Test():
            if time.monotonic() > until:
                return False
            time.sleep(POLL)
        return True

    def abort(self, code: int) -> NoReturn:
        """End all ranks at once, without what MPI would say about it."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        self._world.Abort(code)
        os._exit(code)  # MPICH only asks the launcher, and returns


class _Messages(Transfer):
    """Requests of MPI. They go on in the buffers of the system, and whenever MPI is called."""

    def __init__(self, mpi: Any, requests: list[Any]):
        self._mpi, self._requests = mpi, requests

    def wait(self) -> None:
        self._mpi.Request.Waitall(self._requests)


@contextmanager
def _signed(folder: Path) -> Iterator[str]:
    """The path of a file that is in a folder for a while; empty where none can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(dir=folder, prefix="sign-")
    except OSError:
        yield ""
        return
    os.close(handle)
    try:
        yield path
    finally:
        os.unlink(path)


def connect(launched: Launched) -> MpiRanks:
    """Join the other processes; raises InputError if there is no MPI, or one that does not know them."""
    started = f"{launched.by} started {launched.size} processes"
    try:
        import mpi4py

        mpi4py.rc.thread_level = "serialized"
        with waiting_for_others():
            from mpi4py import MPI
    except ImportError as error:
        raise InputError(f"{started}, which need mpi4py and an MPI library ({error}): {_INSTALL}") from None
    except RuntimeError as error:
        raise InputError(f"{started}, but no MPI library can be loaded ({error}): {_INSTALL}") from None
    if launched.size != MPI.COMM_WORLD.size:
        library = MPI.Get_library_version().split("\n")[0].strip(" \0")
        raise InputError(
            f"{started}, but MPI ({library}) connects {MPI.COMM_WORLD.size} of them; start them by the mpiexec of that"
            " library, or set MPI4PY_MPIABI and LD_LIBRARY_PATH to the library of the launcher"
        )
    say_joined()
    return MpiRanks(MPI, MPI.COMM_WORLD)
