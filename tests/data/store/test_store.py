"""Stores: what is written is read; whole or not at all; and one line when the disk is full."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections import namedtuple

import numpy as np
import pytest

from dltool.caching import working_folder
from dltool.data.samples.samples import AliasTable
from dltool.data.store import reader, writer
from dltool.data.store.folder import open_store, place_of, records_of, stores
from dltool.data.store.writer import writing
from dltool.errors import RunError

from .parts import FORMS, KEY, assert_same, layout, samples, store


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("block", [1, 100, 1 << 20])
def test_what_is_written_is_read(form, block, monkeypatch):
    monkeypatch.setattr(reader, "BLOCK_BYTES", block)
    train, test = samples(form, 50), samples(form, 3, seed=1)
    made = store(form, {"train": train, "test": test})
    assert made.rows == {"train": 50, "test": 3}
    assert made.about == {"notes": ["some"]}
    assert made.bytes == 53 * layout(form).bytes
    parts = made.parts()
    assert len(parts["train"]) == 50
    for low, high in ((0, 50), (3, 4), (10, 37), (49, 50), (45, 90)):
        assert_same(parts["train"].rows(low, high), train.rows(low, min(high, 50)))
    assert_same(parts["test"].rows(0, 3), test)


def test_how_rows_are_drawn_is_kept(cache):
    alias = AliasTable(np.linspace(0, 1, 9, dtype=np.float32), np.arange(9, dtype=np.int32))
    with writing(KEY, layout("table"), {"train": 9}) as made:
        made.append("train", samples("table", 9))
        made.finish({}, {"train": alias})
    found = stores()[0].parts()["train"].alias
    assert found is not None
    np.testing.assert_array_equal(found.chances, alias.chances)
    np.testing.assert_array_equal(found.others, alias.others)


def test_a_removed_store_is_still_read_by_those_who_have_it_open(cache):
    part = store("table", {"train": samples("table", 20)}).parts()["train"]
    shutil.rmtree(cache)
    assert_same(part.rows(0, 20), samples("table", 20))


def fail_after(action, *arguments, error):
    action(*arguments)
    raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_nothing_is_left_of_a_store_that_was_not_finished(cache, error):
    with pytest.raises(error), writing(KEY, layout("table"), {"train": 20}) as made:
        fail_after(made.append, "train", samples("table", 10), error=error)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "longer", "gone", "no manifest", "bad manifest", "other version"])
def test_what_is_not_whole_is_no_store_and_is_replaced(cache, damage):
    folder = store("table", {"train": samples("table", 20)}).folder
    records, manifest = records_of(folder, "train"), folder / "manifest.json"
    if damage in ("cut", "longer"):
        os.truncate(records, records.stat().st_size + (1 if damage == "longer" else -1))
    elif damage == "gone":
        records.unlink()
    elif damage == "no manifest":
        manifest.unlink()
    else:
        text = manifest.read_text()
        manifest.write_text(text[:-5] if damage == "bad manifest" else text.replace('"format": 1', '"format": 0'))
    assert open_store(folder) is None
    assert stores() == []
    store("table", {"train": samples("table", 20)})
    assert [one.folder for one in stores()] == [place_of(KEY)]
    assert [path.name for path in cache.iterdir()] == [f"data-{KEY}"]


def test_of_two_makers_of_one_store_the_first_wins(cache):
    with writing(KEY, layout("table"), {"train": 20}) as slow:
        slow.append("train", samples("table", 20, seed=1))
        store("table", {"train": samples("table", 20)})
        found = slow.finish({}, {})
    assert_same(found.parts()["train"].rows(0, 20), samples("table", 20))
    assert [path.name for path in cache.iterdir()] == [f"data-{KEY}"]


def test_a_full_disk_is_told_before_anything_is_written(cache, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(writer.SPARE_BYTES + 1000))
    with pytest.raises(RunError) as caught, writing(KEY, layout("table"), {"train": 1000, "test": 500}):
        pass
    assert str(caught.value) == (
        f"{cache}: the disk is too full for the prepared data, 42kB; make room, set XDG_CACHE_HOME to a folder on a "
        "larger disk, or keep the data in memory: data.memory: 46kB"
    )
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (errno.ENOSPC, "the disk is too full for the prepared data, 560 bytes; make room"),
        (errno.EIO, "cannot be written: Input/output error; set XDG_CACHE_HOME to another folder"),
    ],
)
def test_a_disk_that_fills_up_is_told_in_one_line(cache, monkeypatch, number, line):
    class Failing(writer.FileIO):
        def write(self, data):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(writer, "FileIO", Failing)
    with pytest.raises(RunError) as caught, writing(KEY, layout("table"), {"train": 20}) as made:
        made.append("train", samples("table", 20))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(cache.iterdir()) == []


def test_short_writes_are_completed(cache, monkeypatch):
    class Short(writer.FileIO):
        def write(self, data):
            return super().write(data[:13])

    monkeypatch.setattr(writer, "FileIO", Short)
    part = store("table", {"train": samples("table", 20)}).parts()["train"]
    assert_same(part.rows(0, 20), samples("table", 20))


def test_a_file_cut_short_under_a_reader_is_named(cache):
    part = store("table", {"train": samples("table", 20)}).parts()["train"]
    os.truncate(part.path, 100)
    with pytest.raises(RunError) as caught:
        part.rows(0, 20)
    assert str(caught.value) == (f"{part.path}: was cut short while it was read; start again to prepare it again")


def test_what_killed_processes_left_is_removed(cache):
    cache.mkdir()
    dead, young, working = (cache / f"unfinished-{name}" for name in ("dead", "young", "working"))
    for folder in (dead, young, working):
        folder.mkdir()
        (folder / "train.records").write_bytes(b"1")
    for folder in (dead, working):
        os.utime(folder, (time.time() - 100,) * 2)
    lock = os.open(working, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with working_folder("new") as new:
        assert sorted(cache.iterdir()) == sorted([new, young, working])
    os.close(lock)
