"""Data that memory has no room for: kept on disk, the same as in memory, prepared once, and never stale."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.config.data import DataConfig
from dltool.data.dataset.dataset import Dataset
from dltool.data.dataset.opening import open_dataset, read_signature
from dltool.data.samples.samples import Samples
from dltool.data.sources.npz import Npz
from dltool.data.store import origin
from dltool.data.store.folder import stores
from dltool.data.store.reader import StoredSamples
from dltool.errors import InputError

from .parts import assert_same

ROWS = 60
TINY = "0.2kB"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_array()
    generator = np.random.default_rng(1)
    cells = zip(generator.normal(size=ROWS), generator.choice(list("abc"), ROWS), generator.random(ROWS), strict=True)
    Path("table.csv").write_text("x,colour,y\n" + "".join(f"{x:.4f},{colour},{y:.3f}\n" for x, colour, y in cells))


def write_array(first: float = 0.0) -> None:
    features = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)
    features[0, 0] = first
    np.savez("array.npz", x=features, y=np.arange(ROWS) % 3)


ARRAY: dict[str, Any] = {"npz": "array.npz", "split": {"validation": 0.2, "test": 0.1}}
CONFIGS = {
    "array": ARRAY,
    "two sources": {"npz": "array.npz", "test": {"npz": "array.npz"}},
    "table": {"table": {"path": "table.csv", "target": "y"}},
    "synthetic": {"synthetic": {"features": 4, "targets": 2, "rows": ROWS}},
}


def opened(data: dict[str, Any], memory: str | None = TINY, **options: Any) -> Dataset:
    return open_dataset(DataConfig.model_validate({**data, "memory": memory}), [], **options)


def whole(dataset: Dataset, part: str) -> Samples:
    samples = dataset.parts[part]
    return samples.rows(0, len(samples))


def refuse_to_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise AssertionError("the source was opened")

    monkeypatch.setattr(Npz, "open", fail)


@pytest.mark.parametrize("data", CONFIGS.values(), ids=CONFIGS)
def test_stored_data_is_that_in_memory(data):
    expected = opened(data, "1GB")
    for found in (opened(data), opened(data)):  # as it is made, and as it is found
        assert found.signature.rows == expected.signature.rows
        assert found.fingerprint == expected.fingerprint
        assert found.notes[:-1] == expected.notes
        assert found.notes[-1].startswith(f"data larger than data.memory is read from {stores()[0].folder} (")
        assert list(found.parts) == list(expected.parts)
        for part, samples in found.parts.items():
            assert isinstance(samples, StoredSamples)
            assert_same(whole(found, part), whole(expected, part))


def test_what_fits_is_not_stored(cache):
    assert all(isinstance(part, Samples) for part in opened(ARRAY, None).parts.values())
    assert not cache.exists()


def test_data_is_prepared_once(monkeypatch):
    told: list[tuple[str, float | None]] = []
    expected = opened(ARRAY, watch=lambda what, share: told.append((what, share)))
    assert told[0] == ("comparing array.npz with what was prepared before", 1.0)
    assert [share for what, share in told if what == "preparing 60 rows"] == [0, 0.7, 0.9]
    refuse_to_open(monkeypatch)
    for memory in (TINY, "0.3kB"):  # how much there is changes nothing
        assert_same(whole(opened(ARRAY, memory), "train"), whole(expected, "train"))
    assert read_signature(DataConfig.model_validate({**ARRAY, "memory": TINY}), []).rows == expected.signature.rows
    assert opened(ARRAY, preprocessing=expected.preprocessing).fingerprint == expected.fingerprint
    roomy = opened(ARRAY, "1GB")
    assert all(isinstance(part, Samples) for part in roomy.parts.values())
    assert_same(whole(roomy, "test"), whole(expected, "test"))


CHANGES: dict[str, dict[str, Any]] = {
    "scaling": {"scaling": "standard"},
    "split": {"split": {"validation": 0.3}},
    "seed": {"split": {"validation": 0.2, "test": 0.1, "seed": 1}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_config_has_a_store_of_its_own(change):
    before = opened(ARRAY)
    after = opened({**ARRAY, **change})
    assert len(stores()) == 2
    assert whole(after, "train").features.tobytes() != whole(before, "train").features.tobytes()


@pytest.mark.parametrize("stable", [True, False])
def test_files_are_read_again_only_where_they_may_have_changed(monkeypatch, stable):
    monkeypatch.setattr(origin, "_DOUBTFUL_NS", -(10**12) if stable else 10**12)
    told: list[str] = []
    expected = opened(ARRAY)
    assert opened(ARRAY, watch=lambda what, share: told.append(what)).fingerprint == expected.fingerprint
    assert told == ([] if stable else ["comparing array.npz with what was prepared before"])
    Path("array.npz").touch()
    assert opened(ARRAY, watch=lambda what, share: told.append(what)).fingerprint == expected.fingerprint
    assert told[-1:] == ["comparing array.npz with what was prepared before"]
    assert len(stores()) == 1


def test_changed_content_is_noticed_whatever_its_size_and_time():
    before, state = opened(ARRAY), Path("array.npz").stat()
    write_array(first=9.0)
    os.utime("array.npz", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert Path("array.npz").stat().st_size == state.st_size
    after = opened(ARRAY)
    assert after.fingerprint != before.fingerprint
    assert len(stores()) == 2


def test_another_version_that_prepares_data_makes_its_own(monkeypatch):
    from dltool.data.store import keeping

    opened(ARRAY)
    monkeypatch.setattr(keeping, "_sources", lambda: [b"changed"])
    opened(ARRAY)
    assert len(stores()) == 2


def test_a_damaged_store_is_made_anew():
    expected = opened(ARRAY)
    os.truncate(stores()[0].parts()["train"].path, 10)
    assert_same(whole(opened(ARRAY), "validation"), whole(expected, "validation"))
    assert len(stores()) == 1


def test_a_file_that_changes_while_it_is_read_is_refused(cache):
    def change(what: str, share: float | None) -> None:
        if what.startswith("preparing"):
            write_array(first=9.0)

    with pytest.raises(InputError) as caught:
        opened(ARRAY, watch=change)
    assert str(caught.value) == "array.npz: was changed while it was read; start again"
    assert list(cache.iterdir()) == []


def test_drawn_rows_are_kept_with_the_store(monkeypatch):
    expected = opened(ARRAY, "1GB", sampling="balanced").parts["train"].alias
    assert expected is not None
    opened(ARRAY)  # a store without any
    for _ in range(2):
        found = opened(ARRAY, sampling="balanced").parts["train"].alias
        assert found is not None
        np.testing.assert_array_equal(found.chances, expected.chances)
        refuse_to_open(monkeypatch)
    assert len(stores()) == 2
    assert opened(ARRAY, "1GB", sampling="balanced").parts["train"].alias is not None
