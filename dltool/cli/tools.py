"""The commands about configs, runs and the machine, with their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dltool.cli.options import Config, Json, Moved, Quiet, Set, Threads
from dltool.cli.output_streams import go_on_without_output
from dltool.errors import InputError

tools = typer.Typer()


@tools.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Directory of the run.")], overrides: Moved = None
) -> None:
    """Write the HTML report of a run again: metrics, curves, worst examples."""
    from dltool.cli.commands.report import report as run_report

    run_report(run, overrides or ())


@tools.command()
def check(config: Config, overrides: Set = None, as_json: Json = False) -> None:
    """Check a config and its data, and show its network, without training."""
    from dltool.cli.commands.check import check as run
    from dltool.config.locating import located

    with located(config, overrides or ()):
        run(config, overrides=overrides or (), as_json=as_json)


@tools.command(name="lr-find")
def lr_find(
    config: Config,
    overrides: Set = None,
    low: Annotated[float, typer.Option("--low", metavar="RATE", help="Smallest learning rate.")] = 1e-6,
    high: Annotated[float, typer.Option("--high", metavar="RATE", help="Largest learning rate.")] = 10.0,
    steps: Annotated[int, typer.Option("--steps", metavar="N", min=20, help="Steps from one to the other.")] = 200,
    write: Annotated[bool, typer.Option("--write", help="Write the suggestion into the config.")] = False,
    picture: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="HTML page to draw the curve on.")
    ] = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Find a learning rate: train a few steps while it grows, and look at the loss."""
    from dltool.cli.commands.lr_find import find_rate
    from dltool.config.locating import located

    with located(config, overrides or ()):
        find_rate(
            config,
            overrides=overrides or (),
            low=low,
            high=high,
            steps=steps,
            write=write,
            picture=picture,
            threads=threads,
            as_json=as_json,
        )


@tools.command()
def sweep(
    config: Config,
    overrides: Set = None,
    trials: Annotated[int | None, typer.Option("--trials", metavar="N", min=1, help="Number of trials.")] = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="TIME", help="Begin no trial after this time, such as 1h30m.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, help="Trials at once; one for each core by default.")
    ] = None,
    sweep_dir: Annotated[
        Path | None, typer.Option("--sweep-dir", metavar="DIR", help="Directory; sweeps/NAME by default.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Try values of some keys, as the config's `sweep` block says, and write the config of the best trial.

    The same command goes on with a sweep that was stopped or killed, and other processes may join it.
    """
    from dltool.cli.commands.sweep import sweep as run
    from dltool.config.locating import located

    go_on_without_output()
    given = {"sweep.trials": trials, "sweep.time": time}
    changes = [*(overrides or ()), *(f"{key}={value}" for key, value in given.items() if value is not None)]
    with located(config, changes):
        return run(config, overrides=changes, sweep_dir=sweep_dir, workers=workers, quiet=quiet, as_json=as_json)


@tools.command()
def runs(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Folder of runs.")] = Path("runs"),
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="COLUMN", help="Order; -COLUMN for the largest first.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="CONDITION", help="Such as validation.accuracy>0.9. Repeatable."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="A,B", help="Columns to show: metrics, or keys of the config."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List runs: how they ended, their metrics, and what differs between their configs."""
    from dltool.cli.commands.runs import list_runs

    names = [name.strip() for name in (columns or "").split(",") if name.strip()]
    list_runs(folder, sort=sort, where=where or (), columns=names, as_json=as_json)


@tools.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Directories of runs, or folders of runs.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="HTML page to write; compare.html by default."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare runs: metrics side by side, what differs in their configs, and their curves on one page."""
    from dltool.cli.commands.compare import compare as run

    run(runs, output=output, as_json=as_json)


@tools.command()
def doctor(as_json: Json = False) -> int:
    """Look at this machine: processor, memory, folders, versions, extras."""
    from dltool.cli.commands.doctor import doctor as run

    return run(as_json=as_json)


@tools.command()
def warmup() -> None:
    """Compile the kernels of all layers, losses and optimizers now, so that no training has to wait for it."""
    from dltool.cli.commands.warmup import warmup as run

    run()


@tools.command()
def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print a script that completes commands and options in a shell."""
    from dltool.cli.app import app
    from dltool.cli.completion import SCRIPTS, commands

    typer.echo(SCRIPTS[shell](commands(app)), nl=False)


@tools.command()
def show(config: Config, overrides: Set = None) -> None:
    """Print a config with every default filled in."""
    from dltool.cli.commands.show import show as run

    run(config, overrides=overrides or ())


@tools.command(name="list")
def list_things(
    name: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="A kind, such as layer, or the name of a component.")
    ] = None,
) -> None:
    """List what a config can name: layers, losses, optimizers, …"""
    from dltool.cli.commands.list import list_things as run

    run(name)


@tools.command()
def schema() -> None:
    """Print the JSON Schema of configs, for editors."""
    from dltool.cli.commands.schema import schema as run

    run()


@tools.command()
def cache(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="kernels, programs or data; all by default.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove all of it.")] = False,
) -> None:
    """List the cache: compiled kernels and programs, and prepared data too large for memory."""
    from dltool.cli.commands.cache import cache as run

    run(kind, clear=clear)


@tools.command()
def bench(
    configs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[CONFIG]...", help="Configs to measure; all of configs/bench by default."),
    ] = None,
    overrides: Set = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="torch", help="Framework to compare with.")
    ] = None,
    threads: Annotated[
        str | None, typer.Option("--threads", metavar="1,2", help="Numbers of threads to measure with.")
    ] = None,
    device: Annotated[
        Literal["cuda", "xla"] | None, typer.Option("--device", help="Measure on a GPU, in place of the processor.")
    ] = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Compare reading samples from disk with samples in memory.")
    ] = False,
    ranks: Annotated[
        int | None, typer.Option("--ranks", metavar="N", min=1, help="Predict the speed of up to N processes.")
    ] = None,
    network: Annotated[
        str, typer.Option("--network", metavar="SPEED", help="With --ranks: 25Gb, or 3GB, a second between machines.")
    ] = "10Gb",
    as_json: Json = False,
) -> int | None:
    """Measure the machine, and how fast configs train on it."""
    counts = _numbers(threads)
    if ranks:
        from dltool.cli.commands.bench_scaling import bench_scaling

        if stream or device or against:
            raise InputError("--ranks predicts from the processor alone; leave out --stream, --device and --against")
        changed = [*(overrides or ()), *(f"train.threads={count}" for count in counts[-1:])]
        return bench_scaling(configs or (), ranks=ranks, network=network, overrides=changed, as_json=as_json)
    if device:
        from dltool.cli.commands.bench_device import bench_device

        if stream or counts:
            raise InputError("--device cannot be combined with --stream or --threads; leave out one of them")
        return bench_device(configs or (), device=device, overrides=overrides or (), against=against, as_json=as_json)
    if stream:
        from dltool.cli.commands.bench_stream import bench_streaming

        if against:
            raise InputError("--against and --stream cannot be combined; leave out one of them")
        return bench_streaming(configs or (), overrides=overrides or (), threads=counts, as_json=as_json)
    from dltool.cli.commands.bench import bench as run

    return run(configs or (), overrides=overrides or (), against=against, threads=counts, as_json=as_json)


def _numbers(text: str | None) -> tuple[int, ...]:
    words = [word.strip() for word in text.split(",")] if text else []
    if not all(word.isdecimal() and int(word) for word in words):
        raise InputError(f"--threads: expected whole numbers above 0 such as 1,2, got '{text}'")
    return tuple(map(int, words))
