"""`dltool show CONFIG`: the config with every default and override filled in, as saved with a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from dltool.config.loading import dump_yaml, load, resolved
from dltool.config.sweep import as_written


def show(config: Path, *, overrides: Sequence[str] = ()) -> None:
    """Write the resolved config as YAML; raises InputError with everything wrong in it."""
    experiment = load(config, overrides)
    sweep = {"sweep": as_written(experiment.sweep)} if experiment.sweep else {}
    typer.echo(dump_yaml({**resolved(experiment), **sweep}), nl=False)
