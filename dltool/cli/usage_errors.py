"""Explains a wrong command line in one line: what is wrong, the nearest spelling, and where to find help."""

from __future__ import annotations

import re
from collections.abc import Sequence
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


#: a word that is none of the choices
_CHOICE = re.compile(r"Value error, '(?P<word>.*)' is not one of (?P<choices>.*)")


def explain_usage(error: Any, words: Sequence[str]) -> str:
    """Typer's usage error about the words of a command line, as a message."""
    message = str(error.format_message()).rstrip(".")
    path, command = (error.ctx.command_path, error.ctx.command) if error.ctx else (_command(words), None)
    if command and message.startswith("No such command"):
        wrong = message.split("'")[1]
        return f"no command '{wrong}'; {did_you_mean(wrong, command.commands)}"
    if command and message.startswith("No such option"):
        options = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
        return f"{path}: no option {error.option_name}; {did_you_mean(error.option_name, options)}"
    message = " ".join(message.replace("'. Choose from:", "'; choose from").split())
    for form, said in _RANGES:
        message = re.sub(form, said, message)
    if choice := _CHOICE.search(message):
        hint = did_you_mean(choice["word"], re.findall(r"'([^']*)'", choice["choices"]))
        message = f"{message[: choice.start()]}'{choice['word']}'; {hint}"
    if found := re.fullmatch(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", message):
        message = f"unexpected argument{'s' if ' ' in found[1] else ''}: {found[1].replace(' ', ', ')}"
    return f"{path}: {message[:1].lower()}{message[1:]}" + ("" if message.endswith("?") else f"; see {path} --help")


def _command(words: Sequence[str]) -> str:
    """The command that stands in a command line."""
    return " ".join(["dltool", *[word for word in words if not word.startswith("-")][:1]])
