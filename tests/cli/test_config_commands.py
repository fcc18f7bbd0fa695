"""The command line around the config: help, lists, resolved configs, checks, and how errors become exits."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from dltool.cli.app import app
from dltool.cli.main import main
from dltool.errors import LISTED, InputError, Problem, RunError
from tests.config.configs import write

Output = pytest.CaptureFixture[str]


COMMANDS = list(typer.main.get_group(app).commands)
KINDS = (
    "layer, augmentation, activation, initializer, loss, optimizer, schedule, metric, source, type, feature, scaling"
)


def run_python(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


IMPORTED = "import sys; from dltool.cli.main import main; main(sys.argv[1:]); print('imported:', *sys.modules)"


def test_help_imports_nothing_heavy() -> None:
    modules = run_python(IMPORTED, "--help").partition("imported:")[2].split()
    assert not {"numpy", "llvmlite", "duckdb", "rich", "yaml", "dltool.config.experiment"} & set(modules)


def test_check_does_not_import_the_compiler(tmp_path: Path) -> None:
    modules = run_python(IMPORTED, "check", str(write(tmp_path))).partition("imported:")[2].split()
    assert "dltool.program.summary" in modules
    assert not {"llvmlite", "rich"} & set(modules)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: Output) -> None:
    assert command in _said(capsys, "--help")
    assert f"dltool {command}" in _said(capsys, command, "--help")


def test_without_arguments_there_is_help(capsys: Output) -> None:
    assert _said(capsys) == _said(capsys, "--help")


def test_version(capsys: Output) -> None:
    assert _said(capsys, "--version").startswith("dltool ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["trian"], "no command 'trian'; did you mean 'train'?"),
        (["fly"], f"no command 'fly'; allowed: {', '.join(sorted(COMMANDS)[:LISTED])}, …"),
        (
            ["completion"],
            "dltool completion: missing argument 'SHELL'; choose from bash, zsh, fish; see dltool completion --help",
        ),
        (["train"], "dltool train: missing argument 'CONFIG'; see dltool train --help"),
        (["train", "c.yaml", "--thread", "2"], "dltool train: no option --thread; did you mean '--threads'?"),
        (["show", "c.yaml", "--json"], "dltool show: no option --json; allowed: --set"),
        (["generate", "run", "-n", "0"], "dltool generate: invalid value for '--tokens' / '-n': must be at least 1; see"
         " dltool generate --help"),
        (["generate", "run", "--top-p", "2"], "dltool generate: invalid value for '--top-p': must be at most 1; see"
         " dltool generate --help"),
        (["export", "run", "-o"], "dltool export: option '-o' requires an argument; see dltool export --help"),
        (["completion", "tcsh"], "dltool completion: invalid value for 'SHELL': 'tcsh'; allowed: bash, fish, zsh; see"
         " dltool completion --help"),
        (["export", "run", "-o", "x.c", "--format", "onx"], "dltool export: invalid value for '--format': 'onx'; did"
         " you mean 'onnx'?"),
        (["list", "a", "b"], "dltool list: unexpected argument: b; see dltool list --help"),
        (["list", "denze"], "unknown name 'denze'; did you mean 'dense'?"),
        (["list", "zzz"], f"unknown name 'zzz'; kinds: {KINDS}"),
        (["bench", "--threads", "one"], "--threads: expected whole numbers above 0 such as 1,2, got 'one'"),
        (["show", "nowhere.yaml"], "nowhere.yaml: no such file"),
    ],
)  # fmt: skip
def test_wrong_command_lines(
    arguments: list[str], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"error: {line}\n")


def _raising(error: BaseException) -> Callable[..., None]:
    def command(*arguments: object, **options: object) -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (InputError(Problem("is wrong", "a.csv:3"), "too"), 2, ["error: a.csv:3: is wrong", "error: too"]),
        (RunError("the disk is full"), 1, ["error: the disk is full"]),
        (KeyboardInterrupt(), 130, []),
        (
            ZeroDivisionError("a\nb"),
            1,
            ["error: ZeroDivisionError: a b; this is a bug in dltool; for the traceback: dltool --traceback list"],
        ),
    ],
)  # fmt: skip
def test_errors_become_exits(
    error: BaseException, code: int, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr("dltool.cli.commands.list.list_things", _raising(error))
    assert main(["list"]) == code
    assert capsys.readouterr().err.splitlines() == lines


def test_a_traceback_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dltool.cli.commands.list.list_things", _raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main(["--traceback", "list"])


def test_list(capsys: Output) -> None:
    everything = _said(capsys, "list")
    assert "  dense " in everything
    assert "  adam " in everything
    layers = _said(capsys, "list", "layers")
    assert layers == _said(capsys, "list", "layer")
    assert "adam" not in layers
    fields = _said(capsys, "list", "dense")
    assert "a whole number above 0, 'classes' or 'targets'" in fields
    assert "glorot_uniform (torch torch_uniform" in fields


def test_show_gives_a_config(tmp_path: Path, capsys: Output) -> None:
    path = write(tmp_path)
    shown = _said(capsys, "show", str(path), "--set", "optimizer.lr=1e-7")
    again = _said(capsys, "show", str(write(tmp_path, shown, "shown.yaml")))
    assert shown == again
    assert "lr: 1.0e-07" in shown


def test_schema_is_json(capsys: Output) -> None:
    assert json.loads(_said(capsys, "schema"))["$schema"].endswith("2020-12/schema")


def test_check_as_json(tmp_path: Path, capsys: Output) -> None:
    checked = json.loads(_said(capsys, "check", str(write(tmp_path)), "--json"))
    assert checked["parameters"] == {
        "dense_1.weight": [8, 16],
        "dense_1.bias": [16],
        "dense_2.weight": [16, 3],
        "dense_2.bias": [3],
    }
    assert checked["parameter_count"] == 8 * 16 + 16 + 16 * 3 + 3
    assert checked["rows"] == {"train": 80, "validation": 20}
    assert [layer["layer"] for layer in checked["layers"]] == ["dense_1", "dropout_1", "dense_2"]
    assert checked["steps_per_epoch"] == 3
    assert checked["memory_bytes"]["data"] == 100 * (8 * 4 + 8)


def test_check_as_a_table(tmp_path: Path, capsys: Output) -> None:
    text = _said(capsys, "check", str(write(tmp_path)), "--set", "compat=torch", "--set", "model+=softmax")
    assert "dense_1" in text
    assert "8 → 16" in text
    assert "16 × 3" in text
    assert "warning: " in text
    assert "softmax is applied twice" in text


def _said(capsys: Output, *arguments: str) -> str:
    assert main(list(arguments)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out
