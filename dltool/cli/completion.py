"""Completion scripts for shells that know all commands and options themselves, so that a shell never starts dltool.

A script that asked dltool for each completion would wait for Python and Typer, about 0.1 s on an idle machine.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

import typer
from typer.main import get_command


@dataclass(frozen=True)
class Option:
    """An option: its spellings, its help, and what may follow it."""

    names: Sequence[str]
    help: str
    takes_value: bool
    choices: Sequence[str]


@dataclass(frozen=True)
class Command:
    """A command with its options."""

    name: str
    help: str
    options: Sequence[Option]
    choices: Sequence[str]  # of its argument, if only some words are allowed


def commands(app: typer.Typer) -> list[Command]:
    """All commands of an app, by name."""
    functions = {one.name or getattr(one.callback, "__name__", ""): one.callback for one in app.registered_commands}
    found = cast(Any, get_command(app)).commands
    return [
        Command(
            name,
            _first_line(found[name].help),
            _options(found[name], functions[name]),
            _choices_of_argument(found[name], functions[name]),
        )
        for name in sorted(found)
    ]


def _options(command: Any, function: Any) -> list[Option]:
    hints = get_type_hints(function)
    return [
        Option([*one.opts, *one.secondary_opts], _first_line(one.help), not one.is_flag, _choices(hints.get(one.name)))
        for one in command.params
        if one.param_type_name == "option"
    ]


def _choices_of_argument(command: Any, function: Any) -> list[str]:
    hints = get_type_hints(function)
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    return _choices(hints.get(arguments[0].name)) if arguments else []


def _choices(hint: Any) -> list[str]:
    """The words that an annotation allows, such as Literal["cpu", "cuda"] | None; none for other types."""
    kinds = [hint, *get_args(hint)]
    return [str(word) for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]


def bash(found: Sequence[Command]) -> str:
    """A script for bash; what it does not know it leaves to bash, which completes files."""
    values = [
        f'    "{command.name} {name}") words={shlex.quote(" ".join(option.choices))} ;;'
        for command in found
        for option in command.options
        if option.choices
        for name in option.names
    ]
    values += [
        f'    "{command.name} {command.name}") words={shlex.quote(" ".join(command.choices))} ;;'
        for command in found
        if command.choices
    ]
    options = [f"    {one.name}) words={shlex.quote(' '.join([*_names(one), '--help']))} ;;" for one in found]
    return "\n".join(
        [
            "_dltool() {",
            '  local current="${COMP_WORDS[COMP_CWORD]}" words=""',
            '  local command="${COMP_WORDS[1]}" before="${COMP_WORDS[COMP_CWORD-1]}"',
            "  COMPREPLY=()",
            "  if (( COMP_CWORD == 1 )); then",
            f"    words={shlex.quote(' '.join([*(one.name for one in found), '--help', '--version']))}",
            "  else",
            '    case "$command $before" in',
            *values,
            "    esac",
            '    if [[ -z $words && $current == -* ]]; then case "$command" in',
            *options,
            "    esac; fi",
            "  fi",
            '  [[ -z $words ]] || COMPREPLY=($(compgen -W "$words" -- "$current"))',
            "}",
            "complete -o default -F _dltool dltool",
            "",
        ]
    )


def zsh(found: Sequence[Command]) -> str:
    """The script for bash, which zsh understands with its own bashcompinit."""
    return f"autoload -U +X compinit && compinit -u\nautoload -U +X bashcompinit && bashcompinit\n{bash(found)}"


def fish(found: Sequence[Command]) -> str:
    """A script for fish, with the help of each command and option."""
    return "\n".join([*_fish(found), ""])


def _fish(found: Sequence[Command]) -> Iterator[str]:
    yield "complete -c dltool -n __fish_use_subcommand -l help -d 'Show all commands.'"
    yield "complete -c dltool -n __fish_use_subcommand -l version -d 'Show the version.'"
    for command in found:
        yield f"complete -c dltool -n __fish_use_subcommand -f -a {command.name} -d {_fish_quoted(command.help)}"
        if command.choices:
            words = _fish_quoted(" ".join(command.choices))
            yield f"complete -c dltool -n '__fish_seen_subcommand_from {command.name}' -f -a {words}"
        for option in command.options:
            spellings = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in option.names)
            values = (
                f" -x -a {_fish_quoted(' '.join(option.choices))}" if option.choices else " -r" * option.takes_value
            )
            when = f"'__fish_seen_subcommand_from {command.name}'"
            yield f"complete -c dltool -n {when} {spellings}{values} -d {_fish_quoted(option.help)}"


#: the scripts by shell
SCRIPTS = {"bash": bash, "zsh": zsh, "fish": fish}


def _names(command: Command) -> list[str]:
    return [name for option in command.options for name in option.names]


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
