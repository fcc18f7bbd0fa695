"""`dltool generate CHECKPOINT`: a text that a language model continues, written as it is made."""

from __future__ import annotations

import sys
import time
from math import isfinite
from pathlib import Path

import typer

from dltool.cli.screen.viewer import choose_viewer
from dltool.errors import InputError
from dltool.formatting import plural
from dltool.training.generation import Generator, Sampling
from dltool.training.saving import find, load


def generate(
    checkpoint: Path,
    prompt: str,
    *,
    tokens: int,
    temperature: float,
    top_k: int | None,
    top_p: float,
    seed: int,
) -> None:
    """Write the prompt and what the model adds; on a terminal, also how fast."""
    path = find(checkpoint)
    with choose_viewer(quiet=False, as_json=False) as viewer:
        generator = Generator(load(path, viewer.note), path, on_compile=viewer.compiling)
        codes, unknown = generator.encode(prompt)
        if unknown:
            listed = ", ".join(repr(character) for character in unknown[:10])
            viewer.note(f"left out of the prompt, since the model has never seen them: {listed}")
    typer.echo(generator.vocabulary.decode(codes), nl=False)
    started = time.perf_counter()
    if not isfinite(temperature):
        raise InputError(f"--temperature: expected a finite number of at least 0, got {temperature}")
    sampling = Sampling(temperature, top_k, top_p, seed)
    for text in generator.texts(codes, generator.tokens(codes, tokens, sampling)):
        typer.echo(text, nl=False)
        sys.stdout.flush()
    typer.echo()
    if sys.stdout.isatty():
        seconds = time.perf_counter() - started
        typer.echo(f"{plural(tokens, 'token')} in {seconds:.1f} s, {tokens / seconds:,.0f} a second", err=True)
