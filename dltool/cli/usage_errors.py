"""Explains a wrong command line in one line: what is wrong, the nearest spelling, and where to find help."""

from __future__ import annotations

import re
from typing import Any

from dltool.errors import did_you_mean

#: how pydantic says what a number must be, as a regular expression, and how we say it
_RANGES = (
    ("Input should be greater than or equal to", "must be at least"),
    ("Input should be less than or equal to", "must be at most"),
    ("Input should be greater than", "must be above"),
    ("Input should be less than", "must be below"),
    ("Input should be a valid integer.*", "must be a whole number"),
    ("Input should be a valid number.*", "must be a number"),
)


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
    message = " ".join(message.replace("'. Choose from:", "'; choose from").split())
    for form, words in _RANGES:
        message = re.sub(form, words, message)
    return f"{path}: {message[:1].lower()}{message[1:]}; see {path} --help"
