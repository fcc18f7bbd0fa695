"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dltool.errors import InputError

Config = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="YAML file that describes the data, the network and its training.")
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change the config: train.epochs=20, model[0].units=64, metrics+=f1; ~schedule deletes. Repeatable.",
    ),
]
Moved = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=PATH", help="New location of moved data: data.table.path=FILE. Repeatable."),
]
Checkpoint = Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="Checkpoint, or the directory of a run.")]
Threads = Annotated[
    int | None, typer.Option("--threads", metavar="N", min=1, help="Number of threads; all cores by default.")
]
Device = Annotated[
    Literal["cpu", "cuda", "auto", "xla"] | None,
    typer.Option("--device", help="cuda: an NVIDIA GPU; auto: one if it pays; by default that of the config."),
]
OtherDevice = Annotated[
    Literal["cpu", "cuda", "auto", "xla"],
    typer.Option("--device", help="cuda: an NVIDIA GPU; auto: one if there is one."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show only the result, and warnings on standard error.")]
Json = Annotated[bool, typer.Option("--json", help="Write the result as JSON.")]
Debug = Annotated[bool, typer.Option("--debug", help="Run one op at a time in NumPy and check every value (slow).")]

NewRanks = Annotated[
    int | None,
    typer.Option("--ranks", metavar="N", min=1, help="Processes to train with, which mpiexec starts and connects."),
]
Restarts = Annotated[
    int,
    typer.Option(
        "--restarts", metavar="N", min=0, help="With --ranks: how often to go on from the last checkpoint if one dies."
    ),
]
LogRanks = Annotated[
    Path | None,
    typer.Option(
        "--log-ranks", metavar="DIR", help="With several processes: folder for a log of each; only the first one shows."
    ),
]


def require_ranks(restarts: int) -> None:
    """Raise InputError for restarts of what dltool has not started itself."""
    if restarts:
        raise InputError("--restarts needs --ranks N: what mpiexec has started ends with it")


def logged(folder: Path | None) -> None:
    """Give the output of this process a file, if it is one of several and not the first."""
    from dltool.cli.rank_streams import log_ranks
    from dltool.distributed.launched import launched

    if found := launched():
        log_ranks(folder, found.number)


def chosen(*, threads: int | None, device: str | None, debug: bool) -> list[str]:
    """Options that stand for keys of the config, as overrides."""
    if debug and device not in (None, "cpu"):
        raise InputError(f"--debug runs in NumPy, on the processor; leave out --device {device}")
    given = {"train.threads": threads, "train.device": device}
    return [f"{key}={value}" for key, value in given.items() if value is not None]
