"""The processes that train together, the ranks: here one alone; `mpi` has those that MPI connects.

Every method but the properties is collective: all ranks call it, in the same order.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dltool.distributed.launched import launched

T = TypeVar("T")


class LostError(Exception):
    """What this rank waits for will not come; as a rule another rank has died, and its guard has said so."""


class Transfer:
    """Numbers on their way between ranks; until `wait` has returned, neither side may change them."""

    def wait(self) -> None:
        """Wait until they have arrived, and own ones have left."""


class Ranks:
    """One process alone."""

    number = 0
    size = 1

    @property
    def writes(self) -> bool:
        """Whether this process writes files and what users see."""
        return self.number == 0

    @property
    def host(self) -> str:
        """The name of the machine."""
        return socket.gethostname()

    @property
    def cores(self) -> int:
        """Processors for each rank on this machine."""
        return len(os.sched_getaffinity(0))

    @property
    def neighbors(self) -> int:
        """Ranks on this machine, this one among them."""
        return 1

    @property
    def share_memory(self) -> bool:
        """Whether all ranks are on one machine, where all see common memory."""
        return True

    def among(self, value: Any) -> tuple[int, int]:
        """Which of the ranks on this machine that give an equal value this one is, from 0 on, and how many they are."""
        return 0, 1

    def largest(self, number: int) -> int:
        """The largest number that a rank gives."""
        return number

    def told(self, value: T) -> T:
        """What rank 0 gives."""
        return value

    def gathered(self, value: T) -> list[T]:
        """What each rank gives, in their order."""
        return [value]

    def beside(self, folder: Path) -> Ranks:
        """Those that have the same folder, this one among them: on its machine, or where rank 0 has it too."""
        return self

    def made_once(self, make: Callable[[], T]) -> T:
        """What the first one makes, whose arrays must not change; an error that it raises is raised by all.

        Waiting takes no processor time.
        """
        return make()

    def meet(self) -> None:
        """Wait until all are here; what each has written to common memory is then there for the others."""

    def common(self, size: int) -> list[np.ndarray]:
        """`size` zeroed bytes of each rank, which all of them see; only for those that `share_memory`."""
        return [np.zeros(size, np.uint8)]

    def exchange(self, flat: np.ndarray, cuts: Sequence[int], received: np.ndarray) -> Transfer:
        """Begin to send each rank its slice of `flat` (n,), that of rank r from cuts[r] to before cuts[r + 1].

        Row r of `received` becomes the slice for this rank that rank r sends; this rank's own row stays as it is.
        """
        return Transfer()

    def complete(self, flat: np.ndarray, cuts: Sequence[int]) -> Transfer:
        """Begin to send this rank's slice of `flat` (n,) to all others, and to receive theirs in its other slices.

        Then `flat` is the same on all ranks: an all-gather in place.
        """
        return Transfer()


#: what a process is that nobody else helps
ALONE = Ranks()


@cache
def this_process() -> Ranks:
    """The ranks that this process is one of; raises InputError if MPI does not connect them."""
    found = launched()
    if found is None:
        return ALONE
    from dltool.distributed.mpi import connect

    return connect(found)
