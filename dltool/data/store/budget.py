"""The memory limit for prepared data: from the config, else half of the free memory, shared by ranks that it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dltool.config.amounts import bytes_of
from dltool.config.data import DataConfig
from dltool.distributed.ranks import this_process

#: of the key that a sample has while a span is filled
KEY_BYTES = 4

_GROUPS = Path("/sys/fs/cgroup")
#: files of a control group: its limit, what it uses, and of that what could be freed; in version 2, then in version 1
_VERSIONS = {
    "": (_GROUPS, "memory.max", "memory.current", "inactive_file"),
    "memory": (_GROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def memory_for(data: DataConfig) -> int:
    """The bytes that prepared data may take."""
    return bytes_of(data.memory) if data.memory else available_memory() // (2 * this_process().neighbors)


def bytes_at_hand(data: DataConfig, record_bytes: int, rows: int, *, update: int, epoch: int) -> int:
    """Bytes of the samples in memory at a time: of all `rows`, or of two spans of an epoch where these do not fit."""
    whole, memory = rows * record_bytes, memory_for(data)
    if whole <= memory:
        return whole
    return min(whole, 2 * record_bytes * span_samples(memory, record_bytes, update=update, epoch=epoch))


def span_samples(memory: int, record_bytes: int, *, update: int, epoch: int, ranks: int = 1) -> int:
    """How many samples a span takes so that the shares of two fit into `memory` bytes: whole updates, at least one.

    The spans of an epoch of `epoch` samples are as equal as can be.
    """
    own = update // ranks  # samples of an update; each has a key, too
    most = max(1, memory // (2 * record_bytes + KEY_BYTES) // own)
    updates = -(-epoch // update)
    return update * -(-updates // -(-updates // most))


def available_memory() -> int:
    """The bytes that this process could still take before the machine, or a control group, has no more."""
    return min([_number("MemAvailable:", Path("/proc/meminfo")) << 10, *_left_in_groups()])


def _left_in_groups() -> Iterator[int]:
    """What each control group that this process is in has left, if it has a limit."""
    with suppress(OSError, ValueError):  # what cannot be read sets no limit
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, place = line.split(":", 2)
            for name in set(controllers.split(",")) & set(_VERSIONS):
                top, limit, used, cache = _VERSIONS[name]
                own = top / place.lstrip("/")
                for group in (own, *own.parents):
                    if group.is_relative_to(top) and (group / limit).exists():
                        most = (group / limit).read_text().strip()
                        taken = int((group / used).read_text()) - _number(cache, group / "memory.stat")
                        yield max(0, int(most) - taken) if most != "max" else 1 << 62


def _number(name: str, file: Path) -> int:
    """The number that follows a name in a file of one name a line."""
    found = re.search(rf"^{name}\s+(\d+)", file.read_text(), re.MULTILINE)
    return int(found[1]) if found else 0
