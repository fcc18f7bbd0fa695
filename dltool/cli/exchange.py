"""Commands that take networks in and out: export, import, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dltool.cli.options import Checkpoint
from dltool.cli.output_streams import go_on_without_output

exchange = typer.Typer()


@exchange.command()
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


@exchange.command(name="import")
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


@exchange.command()
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
