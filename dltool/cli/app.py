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


@app.command()
def export(
    checkpoint: Checkpoint,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="File to write: .onnx, .c for a file in C99, or .safetensors for the tensors.",
        ),
    ],
    preprocessing: Annotated[
        bool,
        typer.Option(
            "--preprocessing/--no-preprocessing",
            help="Take cells of columns, texts and pixels as they are, or as dltool prepares them.",
        ),
    ] = True,
    layout: Annotated[
        Literal["torch", "keras"] | None,
        typer.Option(
            "--layout", help="Framework of a .safetensors file, for which a program that loads it is printed."
        ),
    ] = None,
    file_format: Annotated[
        Literal["onnx", "c", "safetensors"] | None,
        typer.Option("--format", help="What to write; by default the ending of the file says it."),
    ] = None,
) -> None:
    """Write a trained network as a file for other programs."""
    from dltool.cli.commands.export import export as run

    go_on_without_output()
    run(checkpoint, out, preprocessing=preprocessing, layout=layout, file_format=file_format)


@app.command(name="import")
def import_network(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Network of another program: .keras, .onnx, -symbol.json, .safetensors, ..."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to make, for a config and a checkpoint.")
    ],
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="CONFIG", help="Config of the network, where the file holds only its tensors."
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="Data for the config, as for dltool init; by default arrays."),
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option("--target", metavar="COLUMN", help="Target column of the data. Repeatable.")
    ] = None,
    task: Annotated[
        Literal["classes", "multilabel", "numbers"] | None,
        typer.Option("--task", help="What the outputs are, where the file does not say it."),
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(
            "--shape", metavar="N,N,N", help="Shape of a sample as the other program has it, where the file lacks it."
        ),
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(
            "--rename",
            metavar="MODULE=LAYER",
            help="Where a module of a state dict belongs; * stands for the same on both sides. Repeatable.",
        ),
    ] = None,
) -> None:
    """Read a network of another program, and write a config and a checkpoint."""
    from dltool.cli.commands.import_network import import_network as run
    from dltool.config.loading import name_from
    from dltool.importing.building import Wishes

    go_on_without_output()
    run(
        file,
        out,
        wishes=Wishes(name_from(out.absolute()), data, target or (), task),
        config=config,
        rename=rename or (),
        shape=shape,
    )


@app.command()
def serve(
    checkpoints: Annotated[
        list[str],
        typer.Argument(metavar="CHECKPOINT...", help="Checkpoints or runs; NAME=PATH chooses the name in addresses."),
    ],
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on; 0.0.0.0 for other machines too.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="Port; 0 for any free one.")
    ] = 8000,
    reload: Annotated[bool, typer.Option("--reload", help="Load a checkpoint again when its file changes.")] = False,
    max_body: Annotated[float, typer.Option("--max-body", metavar="MB", min=0.001, help="Largest request.")] = 16.0,
    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Longest time to send a request, or to answer."),
    ] = 30.0,
    threads: Annotated[int, typer.Option("--threads", metavar="N", min=1, help="Threads of a prediction.")] = 1,
) -> None:
    """Answer requests for predictions over HTTP; with a page to try them."""
    from dltool.cli.commands.serve import serve as run

    go_on_without_output()
    run(checkpoints, host=host, port=port, reload=reload, max_body=max_body, timeout=timeout, threads=threads)


app.registered_commands += tools.registered_commands
for command in app.registered_commands:
    command.epilog = epilog(command.name or str(getattr(command.callback, "__name__", "")))
