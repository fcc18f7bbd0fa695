"""What the environment says about how this process was started: alone, or as one of several by a launcher of MPI."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass

#: for each launcher, the variables of a process's number and of how many there are
VARIABLES = (
    ("mpiexec", "PMI_RANK", "PMI_SIZE"),  # MPICH, Intel MPI
    ("mpiexec", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),  # Open MPI
    ("mpiexec", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),  # MVAPICH
    ("srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),  # unlike SLURM_NTASKS not set in a batch script itself
    ("torchrun", "RANK", "WORLD_SIZE"),
)


@dataclass(frozen=True)
class Launched:
    """One of several processes that were started together."""

    by: str
    number: int
    size: int


def launched(environment: Mapping[str, str] = os.environ) -> Launched | None:
    """How this process was started; None if alone."""
    for by, number, size in VARIABLES:
        try:
            found = Launched(by, int(environment[number]), int(environment[size]))
        except (KeyError, ValueError):
            continue
        return found if found.size > 1 else None
    return None


def failure_ends_all(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether all processes end when one fails: Open MPI sees to that, MPICH can be asked to."""
    return "OMPI_COMM_WORLD_RANK" in environment or _can_ask(environment)


def _can_ask(environment: Mapping[str, str]) -> bool:
    """Whether the launcher listens on a file that MPICH calls PMI_FD."""
    return environment.get("PMI_FD", "").isdecimal()


def end_all(code: int) -> None:
    """Ask the launcher, if that is possible, to end all processes with an exit code.

    It sees by itself when a process dies that has joined the others, but before that they would wait for it for ever.
    """
    if _can_ask(os.environ):
        with suppress(OSError):
            os.write(int(os.environ["PMI_FD"]), f"cmd=abort exitcode={code}\n".encode())


def work_alone(environment: MutableMapping[str, str] = os.environ) -> None:
    """Go on as a process that was started alone, and so will those that this one starts."""
    for _, number, size in VARIABLES:
        environment.pop(number, None)
        environment.pop(size, None)
