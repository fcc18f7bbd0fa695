"""Checkpoints: what is written comes back, what is broken is named in one line, and no save loses the one before."""

from __future__ import annotations

import json
import os
import resource
import struct
from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from dltool.errors import InputError, RunError
from dltool.training import saving
from dltool.training.checkpoint import Checkpoint, decode
from dltool.training.saving import find, load, previous, save

CHECKPOINT = Checkpoint(
    config={"model": [{"dense": {"units": 2}}], "train": {"seed": 7}},
    folders=["configs"],
    preprocessing={"classes": ["a", "ü"]},
    classes=["a", "ü"],
    fingerprint="0" * 64,
    arrays={"dense_1.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "empty": np.zeros((0, 4), np.float32)},
    trainer={"step": np.asarray(12), "seconds": np.asarray(0.1), "meter/loss": np.asarray(np.pi)},
)


def assert_same(a: Checkpoint, b: Checkpoint) -> None:
    assert replace(a, arrays={}, trainer={}) == replace(b, arrays={}, trainer={})
    for ours, theirs in ((a.arrays, b.arrays), (a.trainer, b.trainer)):
        assert ours.keys() == theirs.keys()
        for name, array in ours.items():
            assert (array.shape, array.dtype) == (theirs[name].shape, theirs[name].dtype)
            np.testing.assert_array_equal(array, theirs[name])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "last.safetensors"
    save(CHECKPOINT, path)
    return path


def test_what_is_saved_comes_back(file):
    assert_same(decode(file), CHECKPOINT)
    assert os.listdir(file.parent) == [file.name]


def test_any_safetensors_reader_opens_it(file):
    with safe_open(file, framework="numpy") as tensors:
        assert set(tensors.keys()) == {
            "dense_1.weight",
            "empty",
            "trainer/step",
            "trainer/seconds",
            "trainer/meter/loss",
        }
        assert json.loads(tensors.metadata()["config"]) == CHECKPOINT.config


def test_cut_short_anywhere_is_one_clear_line(file):
    content = file.read_bytes()
    for length in range(0, len(content), 7):
        file.write_bytes(content[:length])
        with pytest.raises(
            InputError, match=r"last\.safetensors: (damaged or cut short|not a safetensors file) \("
        ) as error:
            decode(file)
        assert "\n" not in str(error.value)


def test_any_flipped_byte_is_found(file):
    content = file.read_bytes()
    for offset in range(len(content)):
        file.write_bytes(content[:offset] + bytes([content[offset] ^ 0x41]) + content[offset + 1 :])
        with pytest.raises(InputError) as error:
            decode(file)
        assert "\n" not in str(error.value)


BROKEN = {
    "missing": (None, "no such checkpoint or run"),
    "empty": (b"", r"not a safetensors file \("),
    "zip": (b"PK\x03\x04" + bytes(200), r"not a safetensors file \("),
    "text": (b"epochs: 10\nbatch_size: 32\n", r"not a safetensors file \("),
    "huge header": (struct.pack("<Q", 1 << 60) + b"{}", r"damaged or cut short \("),
}


@pytest.mark.parametrize("name", BROKEN)
def test_other_files(tmp_path, name):
    content, message = BROKEN[name]
    path = tmp_path / "x.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        decode(path)


def test_a_directory_is_not_read(tmp_path):
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        decode(tmp_path)


def test_a_foreign_safetensors_file_is_pointed_to_init_from(tmp_path):
    path = tmp_path / "resnet.safetensors"
    save_file({"fc.weight": np.zeros((2, 2), np.float32)}, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"not a dltool checkpoint.*dltool train CONFIG --init-from .*resnet"):
        decode(path)


def test_a_newer_format_says_what_to_do(file):
    with safe_open(file, framework="numpy") as tensors:
        arrays = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
        metadata = tensors.metadata()
    save_file(arrays, file, metadata | {"version": "99", "dltool": "9.0"})
    with pytest.raises(InputError, match=r"written by dltool 9\.0 in checkpoint format 99.*install a newer version"):
        decode(file)


def test_changed_metadata_is_found(file):
    with safe_open(file, framework="numpy") as tensors:
        arrays = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
        metadata = tensors.metadata()
    save_file(arrays, file, metadata | {"config": "{}"})
    with pytest.raises(InputError, match="the checksum does not match the content"):
        decode(file)


def later() -> Checkpoint:
    return replace(CHECKPOINT, trainer=CHECKPOINT.trainer | {"step": np.asarray(13)})


def test_a_file_that_cannot_grow_leaves_the_one_before(file):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size - 10, limit[1]))
    try:
        with pytest.raises(RunError, match=r"cannot be saved: File too large; the previous one is kept: .*last\.safe"):
            save(later(), file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert os.listdir(file.parent) == [file.name]
    assert_same(decode(file), CHECKPOINT)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_save_leaves_the_one_before(file, monkeypatch, call):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving.os, call, fail)
    with pytest.raises(RunError, match=r"cannot be saved: No space left on device; the previous one is kept: .*last"):
        save(later(), file)
    assert os.listdir(file.parent) == [file.name]
    assert_same(decode(file), CHECKPOINT)


@pytest.mark.parametrize("renames", [1, 2])
def test_a_crash_between_the_renames_loses_nothing(file, monkeypatch, renames):
    class Crash(Exception):  # noqa: N818
        pass

    real, done = os.replace, []

    def replace_then_crash(a, b):
        real(a, b)
        done.append(b)
        if len(done) == renames:
            raise Crash

    monkeypatch.setattr(saving.os, "replace", replace_then_crash)
    with pytest.raises(Crash):
        save(later(), file)
    monkeypatch.undo()
    notes: list[str] = []
    assert load(file, notes.append).trainer["step"] == (12 if renames == 1 else 13)
    assert len(notes) == (1 if renames == 1 else 0)
    save(later(), file)
    assert os.listdir(file.parent) == [file.name]


def test_loading_falls_back_to_the_one_before(file):
    save(later(), previous(file))
    file.write_bytes(file.read_bytes()[:100])
    notes: list[str] = []
    assert load(file, notes.append).trainer["step"] == 13
    assert "last.safetensors: damaged or cut short" in notes[0]
    assert "using the previous one, last.previous.safetensors" in notes[0]
    save(later(), file)  # and the sound one is not replaced by the damaged one on the way
    assert decode(file).trainer["step"] == 13


def test_a_directory_stands_for_its_best_checkpoint(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(InputError, match=r"no checkpoint in this directory \(best\.safetensors or last"):
        find(tmp_path)
    for name in ("last.safetensors", "best.safetensors"):
        save(CHECKPOINT, tmp_path / "checkpoints" / name)
        assert find(tmp_path) == tmp_path / "checkpoints" / name
    assert find(tmp_path / "checkpoints").name == "best.safetensors"
    assert find(tmp_path / "other.safetensors") == tmp_path / "other.safetensors"
