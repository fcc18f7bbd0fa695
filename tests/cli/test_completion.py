"""Completion in a shell, help with examples, and `dltool warmup`."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dltool.cli.app import app
from dltool.cli.commands import warmup
from dltool.cli.completion import commands
from dltool.cli.examples import EXAMPLES
from dltool.cli.main import main
from dltool.kernels.cpu.kernel import declared
from dltool.kernels.records import Kernel
from dltool.ops.op import find_op
from dltool.runtime.binding import all_kernels
from dltool.runtime.kernels import kernel_of

TRY = """
source ./script
tried() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dltool; echo "${COMPREPLY[*]}"; }
"""

TRY_ZSH = """
source ./script
setopt ksh_arrays sh_word_split
tried() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dltool; echo "${COMPREPLY[*]}"; }
"""


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


COMPLETED = [
    ("dltool ex", "explain export"),
    ("dltool train --run", "--run-dir"),
    ("dltool train --device c", "cpu cuda"),
    ("dltool predict --bad ''", "refuse missing skip"),
    ("dltool export --no", "--no-preprocessing"),
    ("dltool completion ''", "bash zsh fish"),
    ("dltool --vers", "--version"),
    ("dltool train xyz", ""),  # the shell completes files
    ("dltool train --run-dir x", ""),
]


@pytest.mark.parametrize(("words", "completed"), COMPLETED)
def test_bash_completes(words: str, completed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    done = run_shell("bash", f"{TRY}\ntried {words}", tmp_path, capsys)
    assert done.split() == completed.split()


@pytest.mark.parametrize(("words", "completed"), COMPLETED)
def test_fish_completes(words: str, completed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    typed = words.removesuffix("''")
    done = run_shell("fish", f"source ./script; complete -C '{typed}'", tmp_path, capsys)
    assert {line.partition("\t")[0] for line in done.splitlines()} == {*completed.split()}


@pytest.mark.parametrize(("words", "completed"), COMPLETED)
def test_zsh_completes(words: str, completed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Of what the function gives, zsh itself takes the words that begin with what is typed."""
    current = words.removesuffix("''").rpartition(" ")[2]
    given = run_shell("zsh", f"{TRY_ZSH}\ntried {words}", tmp_path, capsys, "-f").split()
    assert [word for word in given if word.startswith(current)] == completed.split()


def run_shell(shell: str, text: str, folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What a shell prints in an empty folder that holds its completion script; skips without the shell."""
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell}")
    (folder / "script").write_text(script(shell, capsys))
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [found, *options, "-c", text], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_fish_knows_every_command_and_option(capsys: pytest.CaptureFixture[str]):
    text = script("fish", capsys)
    for command in commands(app):
        assert f"-a {command.name} -d '" in text
        for option in command.options:
            assert any(f"-l {name[2:]}" in text for name in option.names if name.startswith("--"))
    assert "-l device -x -a 'cpu cuda auto xla'" in text


def test_zsh_gets_the_script_for_bash(capsys: pytest.CaptureFixture[str]):
    assert script("zsh", capsys).endswith(script("bash", capsys))


def test_another_shell_is_told(capsys: pytest.CaptureFixture[str]):
    assert main(["completion", "tcsh"]) == 2
    assert "'tcsh'; allowed: bash, fish, zsh" in capsys.readouterr().err


def test_every_command_has_examples_with_options_that_exist(capsys: pytest.CaptureFixture[str]):
    known = {command.name: command for command in commands(app)}
    assert EXAMPLES.keys() == known.keys()
    for name, lines in EXAMPLES.items():
        options = {spelling for option in known[name].options for spelling in option.names}
        for line in lines:
            assert line.startswith(f"dltool {name}")
            assert {word.partition("=")[0] for word in re.findall(r"(?<=\s)--?[a-z][\w-]*=?", line)} <= options
    assert main(["train", "--help"]) == 0
    assert "\n    dltool train config.yaml --folds 5\n" in capsys.readouterr().out


def test_warmup_compiles_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert {kernel_of(find_op(name)) for name in ("matmul", "lstm", "adam", "cross_entropy")} <= {*all_kernels()}
    assert {kernel.name for kernel in all_kernels()} <= {*declared()}
    cached: set[Kernel] = {*all_kernels()[3:]}
    monkeypatch.setattr(warmup.cache, "read", lambda kernel: b"" if kernel in cached else None)

    def prepare(kernels: list[Kernel], on_compile: Callable[[str, float], None]) -> float:
        cached.update(kernels)
        on_compile("3 kernels", 0.0)
        on_compile("3 kernels", 1.0)
        return 2.0

    monkeypatch.setattr(warmup.library, "prepare", prepare)
    assert main(["warmup"]) == 0
    out, err = capsys.readouterr()
    assert out == f"compiled 3 of {len(all_kernels())} kernels in 2.00 s\n"
    assert err.splitlines() == ["compiling 3 kernels: 0%", "compiling 3 kernels: 100%"]
    assert main(["warmup"]) == 0
    assert capsys.readouterr().out == f"all {len(all_kernels())} kernels are compiled already\n"
