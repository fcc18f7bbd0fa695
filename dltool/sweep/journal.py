"""Where Optuna keeps the trials: a file that several processes append to, also on a network file system.

Optuna's other storage, SQLite, locks ranges of bytes, which many network file systems get wrong, and its driver takes
longer to import than a small trial runs. A journal is text, and a process that is killed leaves at worst half a line
at its end, which the next writer cuts off. Optuna's own lock for journals is a file that a killed process leaves
behind; this one the kernel releases.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, BinaryIO

from dltool.errors import InputError, Problem, RunError
from dltool.sweep.folder import SweepFolder

if TYPE_CHECKING:
    from optuna.storages import JournalStorage


def require_optuna() -> None:
    """Raises InputError where Optuna is not installed."""
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise InputError("a sweep needs Optuna: pip install 'dltool[sweep]'") from None


def open_journal(folder: SweepFolder) -> JournalStorage:
    """The storage of a sweep, made if it does not exist; writing to it raises RunError if the disk is full."""
    from optuna import logging
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    logging.set_verbosity(logging.ERROR)
    path, lock = folder.journal, folder.lock("journal")

    class Backend(JournalFileBackend):
        """Flushes to the disk how trials begin and end, but not every epoch, which would take longer than the epoch."""

        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
            try:
                with lock.held(), path.open("rb+") as file:
                    file.seek(_end_of_whole_lines(file))
                    file.truncate()
                    file.write(text.encode())
                    file.flush()
                    if any("intermediate_value" not in log for log in logs):
                        os.fsync(file.fileno())
            except OSError as error:
                raise RunError(Problem(f"cannot be written: {error.strerror}", str(path))) from None

    return JournalStorage(Backend(str(path)))


def _end_of_whole_lines(file: BinaryIO) -> int:
    """Where the last whole line of a file ends; what follows is of a writer that was killed or ran out of disk."""
    end = file.seek(0, os.SEEK_END)
    if not end:
        return 0
    file.seek(end - 1)
    if file.read(1) == b"\n":
        return end
    file.seek(0)
    return file.read().rfind(b"\n") + 1
