"""Memory that the processes of one machine share.

It has no name and no place in the file system: the small `/dev/shm` of a container does not limit it, and it is gone
with the last process.
"""

from __future__ import annotations

import os
from mmap import mmap
from typing import Any

import numpy as np


def common_memory(processes: Any, size: int) -> np.ndarray:
    """`size` > 0 zeroed bytes (size,) that all processes of a communicator on one machine see."""
    handle, path = -1, ""
    if processes.rank == 0:
        handle = os.memfd_create("dltool")
        os.truncate(handle, size)
        path = f"/proc/{os.getpid()}/fd/{handle}"
    path = processes.bcast(path)
    if processes.rank:
        handle = os.open(path, os.O_RDWR)
    memory = mmap(handle, size)
    processes.Barrier()  # it is open until all have it
    os.close(handle)
    return np.frombuffer(memory, np.uint8)
