"""Training on data that memory has no room for: the same bits as in memory, whatever happens on the way."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from dltool import caching
from dltool.cli.main import main
from dltool.data.store import folder, writer
from dltool.data.store.folder import stores
from dltool.data.store.reader import StoredSamples
from dltool.errors import RunError
from dltool.runtime.feed import Streamed
from dltool.training import measured_rows, pace, portions
from dltool.training.checkpoint import decode
from dltool.training.continuing import continued
from dltool.training.job import open_job

from .runs import AUGMENTED, NUMBERS, assert_equal_runs, lines, open_run, train, write_config

RICH = {
    "model": [{"dense": 8}, "batch_norm", "relu", {"dropout": 0.3}, {"dense": {"units": "classes"}}],
    "metrics": ["accuracy", "auc"],
    "schedule": {"cosine": {"warmup_epochs": 1}},
    "train": {"ema_decay": 0.9, "accumulate": 2, "clip": {"norm": 0.5}, "last_batch": "pad", "epochs": 4},
}
CHANGES = {
    "plain": {},
    "rich": RICH,
    "dropped": {"train": {"last_batch": "drop"}},
    "in the order of the file": {"train": {"shuffle": False}},
    "drawn": {"train": {"sampling": "balanced"}},
    "weighted": {
        "compat": "torch",
        "loss": {"cross_entropy": {"class_weights": "balanced", "label_smoothing": 0.1}},
        "train": {"accumulate": 2},
    },
    "without a last row": {"model": [{"dense": 4}, "batch_norm", {"dense": "classes"}], "train": {"batch_size": 31}},
    "augmented": AUGMENTED,
    "numbers": {"data": NUMBERS, "loss": "huber", "metrics": ["rmse"], "model": [{"dense": "targets"}]},
}
MEMORIES = ("0.4kB", "1kB", "2kB")  # of some 2.5 kB of samples: windows of one update, and of more


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (caching, folder, writer):
        monkeypatch.setattr(module, "cache_root", lambda: tmp_path / "cache")


def overrides(memory: str, *more: str) -> list[str]:
    return [f"data.memory={memory}", *more]


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_the_same_bits_as_in_memory(tmp_path, changes):
    job, whole = open_run(tmp_path, changes)
    train(job, whole)
    for memory in MEMORIES:
        job, run = open_run(tmp_path, changes, overrides(memory))
        assert isinstance(job.feed, Streamed)
        assert all(isinstance(part, StoredSamples) for part in job.dataset.parts.values())
        train(job, run)
        assert_equal_runs(run, whole)
    assert "dltool-feed" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_same_bits_on_any_number_of_threads(tmp_path, threads):
    job, whole = open_run(tmp_path, RICH, ["train.threads=1"])
    train(job, whole)
    job, run = open_run(tmp_path, RICH, overrides("1kB", f"train.threads={threads}"))
    train(job, run)
    assert_equal_runs(run, whole)


def test_a_stop_in_mid_epoch_changes_nothing(tmp_path, monkeypatch):
    job, whole = open_run(tmp_path, RICH)
    train(job, whole)
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)
    updates = job.batching.updates
    for stop_at in (1, 2, updates - 1, updates, updates + 1, 2 * updates + 1):
        job, run = open_run(tmp_path, RICH, overrides("1kB"))
        assert train(job, run, stop_at=stop_at).reason == "signal"
        checkpoint = decode(run.last)
        assert checkpoint.trainer["step"] == stop_at
        memory = "0.4kB" if stop_at % 2 else "1GB"  # how much there is may change meanwhile
        job = open_job(continued(checkpoint, [f"data.memory={memory}"]), [tmp_path])
        train(job, run, checkpoint=checkpoint)
        assert_equal_runs(run, whole)


def test_a_disk_that_fails_ends_the_run_with_its_checkpoint_in_place(tmp_path, monkeypatch):
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)
    job, whole = open_run(tmp_path)
    train(job, whole)
    job, run = open_run(tmp_path, {}, overrides("0.4kB"))
    path = stores()[0].parts()["train"].path

    def cut(event: object) -> None:
        if getattr(event, "step", 0) == job.batching.updates + 1:
            os.truncate(path, 10)

    with pytest.raises(RunError) as caught:
        train(job, run, notify=cut)
    assert str(caught.value).startswith(f"{path}: was cut short while it was read")
    checkpoint = decode(run.last)
    assert checkpoint.trainer["step"] > job.batching.updates
    train(open_job(continued(checkpoint, []), [tmp_path]), run, checkpoint=checkpoint)
    assert_equal_runs(run, whole)


def test_the_reference_kernels_train_on_it_too(tmp_path):
    losses = []
    for memory in ("1GB", "1kB"):
        config = write_config(tmp_path, {"train": {"epochs": 1}})
        directory = tmp_path / memory
        arguments = ["--set", f"data.memory={memory}", "--run-dir", str(directory), "--debug", "--quiet"]
        assert main(["train", str(config), *arguments]) == 0
        losses.append(decode(directory / "checkpoints/last.safetensors").trainer["meter/loss"])
    assert losses[0] == losses[1]


def test_what_a_user_sees(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = write_config(tmp_path)
    assert main(["train", str(config), "--set", "data.memory=1kB"]) == 0
    shown = capsys.readouterr().out.splitlines()
    store = stores()[0].folder
    assert shown[0] == "preparing 90 rows …"
    where = f"{store} (2.5kB); dltool cache lists and removes such folders"
    assert f"note: data larger than data.memory is read from {where}" in shown
    assert main(["eval", "runs/small"]) == 0
    assert "test part, 9 rows" in capsys.readouterr().out
    assert [one.folder for one in stores()] == [store]


@pytest.mark.parametrize(
    ("memory", "line"),
    [
        ("1000", "expected an amount of memory such as 1GB or 500MB, got '1000'; add a unit"),
        ("2G", "expected an amount of memory such as 1GB or 500MB, got '2G'; write 2GB"),
        ("lots", "expected an amount of memory such as 1GB or 500MB, got 'lots'"),
        ("0MB", "'0MB' is not a positive amount of memory"),
        ("[1]", "expected text or null, got a list"),
    ],
)
def test_amounts_of_memory_are_checked(tmp_path, capsys, memory, line):
    config = write_config(tmp_path)
    assert main(["train", str(config), "--set", f"data.memory={memory}"]) == 2
    assert capsys.readouterr().err == f"error: --set data.memory={memory}: data.memory: {line}\n"


STATEFUL = {
    "data": {
        "text_stream": {"path": "text.txt", "vocabulary": "character", "block": 4},
        "split": {"validation": 0.3},
    },
    "model": [
        {"embedding": 4},
        {"gru": {"units": 6, "return_sequences": True, "stateful": True}},
        {"dense": "classes"},
    ],
    "metrics": ["perplexity", "token_accuracy"],
}


@pytest.mark.parametrize("steps", [1, 7, 1000])
def test_a_network_that_remembers_goes_on_from_portion_to_portion(tmp_path, monkeypatch, capsys, steps):
    text = "".join(chr(97 + n * n % 23) for n in range(4000))
    (tmp_path / "text.txt").write_text(text)
    job, whole = open_run(tmp_path, STATEFUL)
    train(job, whole)
    streams, bytes_of_a_block = 4, 5 * 4 + 2 * 4  # of 300 blocks in the validation part
    monkeypatch.setattr(portions, "PORTION_BYTES", steps * streams * bytes_of_a_block)
    monkeypatch.setattr(measured_rows, "ROWS", steps * streams)
    job, run = open_run(tmp_path, STATEFUL, overrides("1kB"))
    assert isinstance(job.dataset.parts["validation"], StoredSamples)
    taken = list(portions.portions_of(job.dataset.parts["validation"], in_streams=True))
    assert [len(portion.samples) for portion in taken[:-1]] == [steps * streams] * (len(taken) - 1)
    assert sorted(row for portion in taken for row in portion.rows) == list(range(len(job.dataset.parts["validation"])))
    train(job, run)
    assert_equal_runs(run, whole)
    expected = lines(run, "epoch")[-1]["validation"]
    (tmp_path / "other.txt").write_text(text[2800:])
    capsys.readouterr()
    for more in ([], [str(tmp_path / "other.txt")]):
        assert main(["eval", str(run.last), *more, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["loss"] == pytest.approx(expected["loss"], rel=1e-6)
        assert found["metrics"]["perplexity"] == pytest.approx(expected["perplexity"], rel=1e-6)


def test_what_is_remembered_matters_to_an_evaluation(tmp_path, monkeypatch):
    (tmp_path / "text.txt").write_text("".join(chr(97 + n * n % 23) for n in range(4000)))
    job, run = open_run(tmp_path, STATEFUL)
    train(job, run)
    carried = job.evaluate("validation").result()["loss"]
    monkeypatch.setattr(portions, "LONG", 1)  # streams of two blocks
    assert job.evaluate("validation").result()["loss"] != pytest.approx(carried, rel=1e-4)
