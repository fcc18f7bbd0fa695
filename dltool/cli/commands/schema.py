"""`dltool schema`: the JSON Schema of configs."""

from __future__ import annotations

import json

import typer

from dltool.config.schema import config_schema


def schema() -> None:
    """Write the schema, with which editors complete keys and mark mistakes."""
    typer.echo(json.dumps(config_schema(), indent=2, ensure_ascii=False))
