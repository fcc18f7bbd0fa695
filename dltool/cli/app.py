"""The commands that train and use networks, with their options; `cli/tools.py` has the others.

Commands import what they need when they run, so that `dltool --help` imports nothing but Typer.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from dltool import __version__
from dltool.cli.examples import epilog
from dltool.cli.exchange import exchange
from dltool.cli.options import (
    Checkpoint,
    Config,
    Debug,
    Device,
    Json,
    LogRanks,
    Moved,
    NewRanks,
    OtherDevice,
    Quiet,
    Restarts,
    Set,
    Threads,
    chosen,
    logged,
    require_ranks,
)
from dltool.cli.output_streams import go_on_without_output
from dltool.cli.tools import tools

app = typer.Typer(
    name="dltool",
    help="Train neural networks from a YAML file.",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dltool {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    traceback: Annotated[bool, typer.Option("--traceback", help="Show the traceback of an unexpected error.")] = False,
) -> None:
    """Options of every command."""


@app.command()
def init(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A table, images in class folders, arrays, series; or a folder with train and test files.",
        ),
    ],
    target: Annotated[
        list[str] | None, typer.Option("--target", metavar="COLUMN", help="Column of a table to predict. Repeatable.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Config file to write; named after DATA by default."),
    ] = None,
    test: Annotated[str | None, typer.Option("--test", metavar="DATA", help="Data of the test part.")] = None,
    task: Annotated[
        Literal["classes", "numbers", "multilabel"] | None,
        typer.Option("--task", help="Kind of target, if the guess is wrong."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Look at data and write a config that trains on it."""
    from dltool.cli.commands.init import init as run

    go_on_without_output()
    run(data, target=target or (), output=output, test=test, task=task, force=force)


@app.command()
def train(
    config: Config,
    overrides: Set = None,
    run_dir: Annotated[
        Path | None,
        typer.Option("--run-dir", metavar="DIR", help="New directory for the run; runs/NAME by default."),
    ] = None,
    init_from: Annotated[
        Path | None,
        typer.Option(
            "--init-from",
            metavar="FILE",
            help="Checkpoint, run or safetensors file to take parameters from, matched by name and shape.",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds", metavar="K", min=2, help="Cross-validate: train K times, each time validating on different rows."
        ),
    ] = None,
    threads: Threads = None,
    device: Device = None,
    debug: Debug = False,
    quiet: Quiet = False,
    as_json: Json = False,
    ranks: NewRanks = None,
    restarts: Restarts = 0,
    log_ranks: LogRanks = None,
) -> int:
    """Train a network as described by a config."""
    if ranks is None and device in (None, "cpu") and not debug:
        from dltool.kernels.cpu.library import expect

        expect()  # before this process spends half a second on its own imports

    from dltool.cli.commands.train import train as train_once
    from dltool.cli.commands.train_folds import train_folds
    from dltool.config.locating import located

    go_on_without_output()
    logged(log_ranks)
    if ranks is not None:
        from dltool.cli.launching import launch_training

        return launch_training(sys.argv[1:], config, overrides or (), run_dir, ranks=ranks, restarts=restarts)
    require_ranks(restarts)
    run = train_once if folds is None else partial(train_folds, folds=folds)
    with located(config, overrides or ()):
        return run(
            config,
            overrides=[*(overrides or ()), *chosen(threads=threads, device=device, debug=debug)],
            run_dir=run_dir,
            init_from=init_from,
            debug=debug,
            quiet=quiet,
            as_json=as_json,
        )


@app.command()
def resume(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Directory of the run.")],
    overrides: Set = None,
    threads: Threads = None,
    device: Device = None,
    debug: Debug = False,
    quiet: Quiet = False,
    as_json: Json = False,
    ranks: NewRanks = None,
    restarts: Restarts = 0,
    log_ranks: LogRanks = None,
) -> int:
    """Continue a stopped run, or train a finished one longer."""
    from dltool.cli.commands.resume import resume as go_on

    go_on_without_output()
    logged(log_ranks)
    if ranks is not None:
        from dltool.cli.launching import launch_resuming

        return launch_resuming(sys.argv[1:], run, ranks=ranks, restarts=restarts)
    require_ranks(restarts)
    changes = [*(overrides or ()), *chosen(threads=threads, device=device, debug=debug)]
    return go_on(run, overrides=changes, debug=debug, quiet=quiet, as_json=as_json)


@app.command(name="eval")
def evaluate(
    checkpoint: Checkpoint,
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DATA]...", help="Files or folders to evaluate, instead of the run's own data."),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option("--part", metavar="PART", help="train, validation or test; by default the last one that exists."),
    ] = None,
    images: Annotated[
        Path | None, typer.Option("--images", metavar="FILE", help="PNG file to write with misclassified images.")
    ] = None,
    overrides: Moved = None,
    threads: Threads = None,
    device: OtherDevice = "cpu",
    as_json: Json = False,
) -> int | None:
    """Evaluate a trained network and simple baselines on its test data or on other files."""
    from dltool.cli.commands.eval import evaluate as run

    return run(
        checkpoint,
        data or (),
        part=part,
        images=images,
        overrides=overrides or (),
        threads=threads,
        device=device,
        as_json=as_json,
    )


@app.command()
def explain(
    checkpoint: Checkpoint,
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DATA]...", help="Files or folders to look at, instead of the run's own data."),
    ] = None,
    part: Annotated[
        str | None, typer.Option("--part", metavar="PART", help="train, validation or test; by default validation.")
    ] = None,
    rows: Annotated[
        int, typer.Option("--rows", metavar="N", min=2, help="Most rows to look at, spread over the part.")
    ] = 2000,
    shuffles: Annotated[
        int, typer.Option("--shuffles", metavar="N", min=1, help="How often each column is shuffled.")
    ] = 10,
    picture: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="HTML page to draw everything on.")
    ] = None,
    overrides: Moved = None,
    threads: Threads = None,
    device: OtherDevice = "cpu",
    as_json: Json = False,
) -> None:
    """Show what predictions depend on: columns, steps of series, words, places in images."""
    from dltool.cli.commands.explain import explain as run

    run(
        checkpoint,
        data or (),
        part=part,
        rows=rows,
        shuffles=shuffles,
        page=picture,
        overrides=overrides or (),
        threads=threads,
        device=device,
        as_json=as_json,
    )


@app.command()
def predict(
    checkpoint: Checkpoint,
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help="Files or folders with new samples.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="CSV, JSON lines or Parquet, by file extension; without it, CSV to a pipe.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="COLUMN", help="Column of the data to copy to the output. Repeatable."),
    ] = None,
    keep_all: Annotated[bool, typer.Option("--keep-all", help="Copy all columns of the data to the output.")] = False,
    bad: Annotated[
        Literal["refuse", "missing", "skip"],
        typer.Option(
            "--bad",
            help="What to do with unreadable cells: refuse the file, treat them as missing, or skip their rows.",
        ),
    ] = "refuse",
    threads: Threads = None,
    device: OtherDevice = "cpu",
) -> int:
    """Predict new samples with a trained network."""
    from dltool.cli.commands.predict import predict as run

    if out:
        go_on_without_output()
    return run(checkpoint, data, out=out, keep=keep or (), keep_all=keep_all, bad=bad, threads=threads, device=device)


@app.command()
def generate(
    checkpoint: Checkpoint,
    prompt: Annotated[str, typer.Option("--prompt", "-p", metavar="TEXT", help="Beginning of the text.")] = "",
    tokens: Annotated[int, typer.Option("--tokens", "-n", metavar="N", min=1, help="How many to add.")] = 500,
    temperature: Annotated[
        float,
        typer.Option("--temperature", metavar="T", min=0, help="Below 1 more predictable; 0: the most probable token."),
    ] = 0.8,
    top_k: Annotated[
        int | None, typer.Option("--top-k", metavar="K", min=1, help="Draw from the K most probable tokens.")
    ] = None,
    top_p: Annotated[
        float,
        typer.Option("--top-p", metavar="P", min=0, max=1, help="Draw from the most probable tokens that make up P."),
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed gives the same text.")] = 0,
) -> None:
    """Continue a text with a trained language model."""
    from dltool.cli.commands.generate import generate as run

    go_on_without_output()
    run(checkpoint, prompt, tokens=tokens, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed)


app.registered_commands += exchange.registered_commands + tools.registered_commands
for command in app.registered_commands:
    command.epilog = epilog(command.name or str(getattr(command.callback, "__name__", "")))
