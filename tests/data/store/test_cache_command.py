"""`dltool cache`: what is kept, and removing it."""

from __future__ import annotations

import os
import time

import pytest

from dltool.cli.main import main

from .parts import KEY, samples, store


@pytest.fixture
def kept(cache):
    store("table", {"train": samples("table", 100)})
    kernels = cache / "kernels-0123"
    kernels.mkdir()
    (kernels / "gather.kernel").write_bytes(bytes(2000))
    os.utime(cache / f"data-{KEY}" / "manifest.json", (time.time() - 7200,) * 2)
    for path in (kernels / "gather.kernel", cache / f"data-{KEY}" / "train.records"):
        os.utime(path, (time.time() - 90_000,) * 2)
    return cache


def lines(capsys) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_nothing(cache, capsys):
    assert main(["cache"]) == 0
    assert lines(capsys) == [f"{cache}: the cache is empty"]
    assert main(["cache", "--clear"]) == 0


def test_what_is_kept(kept, capsys):
    assert main(["cache"]) == 0
    size = sum(path.stat().st_size for path in (kept / f"data-{KEY}").iterdir())
    assert lines(capsys) == [
        str(kept),
        "folder size last used",
        "kernels-0123 compiled kernels 2.0kB 25 h 0 min ago",
        f"data-{KEY} prepared data {size / 1000:.1f}kB 2 h 0 min ago",
        f"all {(size + 2000) / 1000:.1f}kB",
        "",
        "to remove everything: dltool cache --clear; it is made again when needed",
    ]


@pytest.mark.parametrize(
    ("arguments", "left", "line"),
    [
        ([], [], "removed 2 folders, "),
        (["data"], ["kernels-0123"], "removed 1 folder, "),
        (["kernels"], [f"data-{KEY}"], "removed 1 folder, 2.0kB"),
    ],
)
def test_clearing(kept, capsys, arguments, left, line):
    assert main(["cache", *arguments, "--clear"]) == 0
    assert lines(capsys)[0].startswith(line)
    assert [path.name for path in kept.iterdir()] == left


def test_another_kind(kept, capsys):
    assert main(["cache", "dat", "--clear"]) == 2
    assert capsys.readouterr().err == "error: the cache has no kind 'dat'; allowed: kernels, programs, data\n"
