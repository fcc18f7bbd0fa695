"""Explains a wrong command line in one line: what is wrong, the nearest spelling, and where to find help."""

from __future__ import annotations

from typing import Any

from dltool.errors import did_you_mean


def explain_usage(error: Any) -> str:
    """Typer's usage error as a message."""
    message = str(error.format_message()).rstrip(".")
    path, command = (error.ctx.command_path, error.ctx.command) if error.ctx else ("dltool", None)
    if command and message.startswith("No such command"):
        wrong = message.split("'")[1]
        return f"no command '{wrong}'; {did_you_mean(wrong, command.commands)}"
    if command and message.startswith("No such option"):
        options = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
        return f"{path}: no option {error.option_name}; {did_you_mean(error.option_name, options)}"
    return f"{path}: {message[:1].lower()}{message[1:]}; see {path} --help"
