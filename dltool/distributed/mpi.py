"""Ranks that MPI connects, by mpi4py."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from dltool.distributed.launched import Launched
from dltool.distributed.ranks import Ranks
from dltool.errors import InputError

T = TypeVar("T")

#: seconds between looks at whether all have ended
POLL = 0.02

_INSTALL = "pip install 'dltool[distributed]'"


class MpiRanks(Ranks):
    """The processes of a communicator."""

    def __init__(self, mpi: Any):
        self._mpi, self._world = mpi, mpi.COMM_WORLD
        self.number, self.size = self._world.rank, self._world.size

    @property
    def cores(self) -> int:
        """Those that this process may use; an even share of them where other ranks of the machine use the same."""
        here = self._world.Split_type(self._mpi.COMM_TYPE_SHARED)
        own = os.sched_getaffinity(0)
        alike = here.allgather(own).count(own)
        here.Free()
        return max(1, len(own) // alike)

    def largest(self, number: int) -> int:
        return self._world.allreduce(number, op=self._mpi.MAX)

    def told(self, value: T) -> T:
        return self._world.bcast(value)

    def gathered(self, value: T) -> list[T]:
        return self._world.allgather(value)

    def exchange(self, flat: np.ndarray, cuts: Sequence[int], received: np.ndarray) -> None:
        counts = np.diff(cuts)
        own = int(counts[self.number])
        counts[self.number] = 0
        from_others = [0 if rank == self.number else own for rank in range(self.size)]
        starts = [rank * own for rank in range(self.size)]
        self._world.Alltoallv(
            [flat, counts, cuts[:-1], self._mpi.FLOAT], [received, from_others, starts, self._mpi.FLOAT]
        )

    def complete(self, flat: np.ndarray, cuts: Sequence[int]) -> None:
        self._world.Allgatherv(self._mpi.IN_PLACE, [flat, np.diff(cuts), cuts[:-1], self._mpi.FLOAT])

    def all_ended(self, seconds: float) -> bool:
        """Wait until every rank has ended its work, but not longer than some seconds."""
        request, until = self._world.Ibarrier(), time.monotonic() + seconds
        while not request.Test():
            if time.monotonic() > until:
                return False
            time.sleep(POLL)
        return True

    def abort(self, code: int) -> None:
        """End all ranks at once, without what MPI would say about it."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        self._world.Abort(code)


def connect(launched: Launched) -> MpiRanks:
    """Join the other processes; raises InputError if there is no MPI, or one that does not know them."""
    started = f"{launched.by} started {launched.size} processes"
    try:
        import mpi4py

        mpi4py.rc.thread_level = "serialized"
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
    return MpiRanks(MPI)
