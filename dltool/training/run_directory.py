"""The directory of a run: `config.yaml`, `metrics.jsonl`, `checkpoints/`, `report.html`."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dltool.data.files.paths import did_you_mean_path
from dltool.errors import DltoolError, InputError, Problem
from dltool.formatting import quoted
from dltool.training.saving import BEST, LAST, flush_folder
from dltool.training.writing import is_unfinished, write_whole

#: default folder of runs
RUNS = Path("runs")
CHECKPOINTS = "checkpoints"


@dataclass(frozen=True)
class RunDirectory:
    """The paths of one run."""

    root: Path

    @classmethod
    def existing(cls, root: Path) -> RunDirectory:
        """The directory of an existing run; raises InputError if there is none."""
        if not root.is_dir():
            hint = did_you_mean_path(root) or ", such as runs/digits"
            raise InputError(Problem(f"is not a run directory{hint}", where=str(root)))
        return cls(root)

    @property
    def config(self) -> Path:
        """The resolved config."""
        return self.root / "config.yaml"

    @property
    def metrics(self) -> Path:
        """One line for each logged step and each epoch."""
        return self.root / "metrics.jsonl"

    @property
    def last(self) -> Path:
        """The newest checkpoint."""
        return self.root / CHECKPOINTS / LAST

    @property
    def best(self) -> Path:
        """The checkpoint of the best epoch."""
        return self.root / CHECKPOINTS / BEST

    @property
    def tensorboard(self) -> Path:
        """Event files for TensorBoard, in a folder for each part."""
        return self.root / "tensorboard"

    @property
    def environment(self) -> Path:
        """Machine and versions of the run."""
        return self.root / "environment.json"

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.root / "report.html"

    def write_config(self, text: str) -> None:
        """Write the resolved config, headed by the commands that use the run."""
        root, file = quoted(self.root), quoted(self.config)
        write_whole(
            self.config,
            "# The config of this run with every default filled in.\n"
            f"#   evaluate:  dltool eval {root}\n"
            f"#   continue:  dltool resume {root}\n"
            f"#   run again: dltool train {file}\n{text}",
        )


def refuse_unusable(chosen: Path | None) -> None:
    """Raise `InputError`, before any work, if no run can be written: the directory is not empty, or read-only, or its
    path goes through a file."""
    place = chosen or RUNS
    above = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    if not above.is_dir():
        raise InputError(Problem("is a file; a run needs a directory: --run-dir DIR", where=str(above)))
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(Problem("not writable; choose another directory: --run-dir DIR", str(above)))
    if chosen is None:
        return
    if chosen.is_dir() and not _is_unused(chosen):
        hint = f"choose another, or continue it: dltool resume {quoted(chosen)}"
        raise InputError(Problem(f"the directory is not empty; {hint}", where=str(chosen)))


def _is_unused(folder: Path) -> bool:
    """Whether a directory is empty, but for what a run leaves that is killed before it has its config."""
    left = [path for path in folder.iterdir() if not is_unfinished(path)]
    return all(path.name == CHECKPOINTS and path.is_dir() and not any(path.iterdir()) for path in left)


def create(name: str, chosen: Path | None, config: str) -> RunDirectory:
    """Make `chosen`, else the first free one of runs/NAME, runs/NAME-2, …, and write the resolved config into it."""
    there = chosen is not None and chosen.exists()
    run = RunDirectory(create_folder(name, chosen))
    with _explained(), _locked(run.root):
        refuse_unusable(chosen)  # another run may have begun in it meanwhile
        try:
            for path in filter(is_unfinished, run.root.iterdir()):
                path.unlink()
            run.last.parent.mkdir(exist_ok=True)
            run.write_config(config)
            flush_folder(run.root)
        except (DltoolError, OSError):
            for empty in (run.last.parent, *([] if there else [run.root])):
                with suppress(OSError):
                    empty.rmdir()
            raise
    return run


def create_folder(name: str, chosen: Path | None) -> Path:
    """Make an empty directory for a run, or for all folds of a cross-validation."""
    refuse_unusable(chosen)
    with _explained():
        if chosen is None:
            return _first_free(RUNS, name)
        chosen.mkdir(parents=True, exist_ok=True)
        return chosen


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a directory against other processes that make a run of it; the lock goes with the process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some file systems know no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn errors while making a directory into an `InputError`."""
    try:
        yield
    except OSError as error:
        problem = Problem(f"the run's directory cannot be made: {error.strerror}", where=str(error.filename))
        raise InputError(problem) from None


def _first_free(parent: Path, name: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = parent / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()  # creating it is atomic: two runs that start together never share a directory
            return path
        except FileExistsError:
            number += 1
