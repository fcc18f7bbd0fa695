"""`dltool lr-find CONFIG`: a learning rate range test, its picture, and a suggestion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import typer

from dltool.cli.screen.curve import Curve
from dltool.cli.screen.viewer import choose_viewer
from dltool.cli.typed_config import load_typed
from dltool.config.reading import read_config
from dltool.config.rewriting import with_learning_rate
from dltool.errors import InputError, Problem
from dltool.report.rate_page import rate_page
from dltool.training.initial import with_checkpoint
from dltool.training.job import open_job
from dltool.training.rate_test import RateTest, range_test
from dltool.training.strict_json import to_json
from dltool.training.writing import require_page, write_whole

#: characters of the picture
WIDTH, HEIGHT = 64, 12


def find_rate(
    config: Path,
    *,
    overrides: Sequence[str],
    low: float,
    high: float,
    steps: int,
    write: bool,
    picture: Path | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Test learning rates on a config; only `write` and `picture` write something."""
    if not 0 < low < high:
        raise InputError(f"--low and --high: expected 0 < low < high, got {low:g} and {high:g}")
    if picture:
        require_page(picture)
    changes = [*overrides, *([] if threads is None else [f"train.threads={threads}"])]
    experiment = with_checkpoint(load_typed(config, changes), [config.parent], None)
    viewer = choose_viewer(quiet=as_json, as_json=as_json, passing=True)
    with viewer:
        job = open_job(experiment, [config.parent], on_compile=viewer.compiling, watch=viewer.preparing)
        test = range_test(job, low, high, steps)
    current = experiment.optimizer.lr
    if picture:
        write_whole(picture, rate_page(experiment.name, test, current))
    if as_json:
        typer.echo(to_json(_as_data(test, current)))
    else:
        _show(test, experiment.optimizer.yaml_name, current)
    if write:
        _write(config, test)


def _show(test: RateTest, optimizer: str, current: float) -> None:
    """The curve of the smoothed loss, then what follows from it."""
    curve, smoothed = Curve(WIDTH, HEIGHT), test.smoothed
    cut = smoothed[0] + (smoothed[0] - smoothed.min())  # the end is far above
    for loss in np.minimum(smoothed, max(cut, smoothed[0])):
        curve.add(float(loss))
    typer.echo(f"loss (smoothed) by learning rate, {len(test.rates)} steps")
    for line in curve.lines():
        typer.echo(f"  {line.rstrip()}")
    first, last = f"{test.rates[0]:.2g}", f"{test.rates[-1]:.2g}"
    typer.echo(f"  {first}{last:>{WIDTH - len(first)}}")
    if len(test.rates) < test.steps:
        typer.echo(f"ended early: the loss grows beyond {last}")
    typer.echo(f"lowest     loss {smoothed.min():.4g} at {test.rates[test.lowest]:.2g}")
    typer.echo(f"config     optimizer.{optimizer}.lr: {current:g}")
    if test.suggestion is None:
        typer.echo("suggested  none: the loss does not fall; try --high, more --steps, or look at the network")
    else:
        typer.echo(f"suggested  optimizer.{optimizer}.lr: {test.suggestion:g}")


def _as_data(test: RateTest, current: float) -> dict[str, object]:
    return {
        "suggestion": test.suggestion,
        "current": current,
        "lowest": float(test.rates[test.lowest]),
        "rates": test.rates.tolist(),
        "losses": test.losses.tolist(),
        "smoothed": test.smoothed.tolist(),
    }


def _write(config: Path, test: RateTest) -> None:
    if test.suggestion is None:
        raise InputError(Problem("is left as it is, since there is no suggestion", str(config)))
    write_whole(config, with_learning_rate(read_config(config), str(config), test.suggestion))
    typer.echo(f"{config}: the learning rate is now {test.suggestion:g}", err=True)
