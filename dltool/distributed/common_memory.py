"""Memory that the processes of one machine share.

It has no name and no place in the file system: the small `/dev/shm` of a container does not limit it, and it is gone
with the last process. The others find it among the open files of the one that has made it, if they see that process:
those of two containers do not.
"""

from __future__ import annotations

import os
from contextlib import suppress
from mmap import mmap
from typing import Any

import numpy as np

#: common memory has whole pages of this many bytes
PAGE = 4096
#: flag of memfd_create: none of this is ever executed. Since Linux 6.3, the kernel's log has a warning without it
_NOEXEC_SEAL = 8


def common_memory(processes: Any, size: int) -> np.ndarray | None:
    """`size` > 0 zeroed bytes (size,) that all processes of a communicator on one machine see.

    None in all of them where one cannot open it.
    """
    made = _made(size) if processes.rank == 0 else -1
    place = processes.bcast((f"/proc/{os.getpid()}/fd/{made}", _identity(os.fstat(made))) if made >= 0 else None)
    handle = made if made >= 0 else _opened(*place)
    everywhere = all(processes.allgather(handle >= 0))  # it is open until all have it
    memory = mmap(handle, size) if everywhere else None
    if handle >= 0:
        os.close(handle)
    return None if memory is None else np.frombuffer(memory, np.uint8)


def _made(size: int) -> int:
    """An open file of zeros in memory."""
    try:
        handle = os.memfd_create("dltool", os.MFD_CLOEXEC | _NOEXEC_SEAL)
    except OSError:  # the kernel is older
        handle = os.memfd_create("dltool")
    os.truncate(handle, size)
    return handle


def _opened(path: str, identity: tuple[int, int]) -> int:
    """An open file of another process; −1 where that is not seen, or another one has its number here."""
    with suppress(OSError):
        if _identity(os.stat(path)) == identity:
            return os.open(path, os.O_RDWR)
    return -1


def _identity(file: os.stat_result) -> tuple[int, int]:
    return file.st_dev, file.st_ino
