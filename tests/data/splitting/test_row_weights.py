"""Weights of rows in the loss: where they come from, what they become, and every line about unfit ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.config.experiment import Sampling
from dltool.config.loading import from_resolved
from dltool.data.dataset.opening import open_dataset
from dltool.data.prediction import rows as prediction_rows
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.readers.outline import Request
from dltool.data.store.reader import StoredSamples
from dltool.errors import InputError
from tests.data.opening import FOLDER, config, write

HEADER = "a,w,y\n"


def _table(cells: Any, **fields: Any) -> dict[str, Any]:
    """A table with these weights, of which the last two rows validate."""
    write("data.csv", HEADER + "".join(f"{i},{cell},{'uv'[i % 2]}\n" for i, cell in enumerate(cells)))
    source = {"path": "data.csv", "target": "y", "weight": "w"}
    return {"table": source, "split": {"validation": {"last": 2}}, **fields}


def _npz(weights: Any, **fields: Any) -> dict[str, Any]:
    """The same as arrays in an archive."""
    np.savez("data.npz", x=np.arange(6.0)[:, None], y=np.arange(6) % 2, w=weights)
    return {"npz": {"path": "data.npz", "weight": "w"}, "split": {"validation": {"last": 2}}, **fields}


def _npy(weights: Any, **fields: Any) -> dict[str, Any]:
    """The same as arrays in files."""
    for name, array in {"x": np.arange(6.0)[:, None], "y": np.arange(6) % 2, "w": weights}.items():
        np.save(f"{name}.npy", array)
    source = {"path": "x.npy", "targets": "y.npy", "weight": "w.npy"}
    return {"npy": source, "split": {"validation": {"last": 2}}, **fields}


@pytest.mark.parametrize("memory", ["1GB", "0.05kB"], ids=["in memory", "on disk"])
@pytest.mark.parametrize("data", [_table, _npz, _npy])
def test_weights_of_rows_to_train_on_average_one(
    data: Any, memory: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    dataset = open_dataset(config(data([1, 0, 2, 5, 30, 10], memory=memory)), [FOLDER])
    assert isinstance(dataset.parts["train"], StoredSamples) == (memory == "0.05kB")
    train, validation = (dataset.parts[part].rows(0, 6) for part in ("train", "validation"))
    assert train.features.shape == (4, 1)
    np.testing.assert_allclose(train.weights, [0.5, 0, 1, 2.5])
    np.testing.assert_allclose(validation.weights, [15, 5])


@pytest.mark.parametrize("weights", [[1, 1, 1, 1, 1, 1], [3, 1, 2, 5, 30, 10]])
@pytest.mark.parametrize("data", [_table, _npz, _npy])
def test_the_data_counts_as_changed_if_its_weights_do(data: Any, weights: list[int]):
    before = open_dataset(config(data([1, 1, 1, 1, 1, 2])), [FOLDER]).fingerprint
    assert open_dataset(config(data(weights)), [FOLDER]).fingerprint != before


NEEDS = "needs a weight of 0 or more"
FAULTS: list[tuple[list[Any], list[str]]] = [
    ([1, -2, 1, 1, 1, 1], [f"data.csv:3: column 'w' holds -2; every row to train on {NEEDS}"]),
    (
        [1, "", "", 1, 1, 1],
        [f"data.csv:3: column 'w' has no value, and 1 more row like it; every row to train on {NEEDS}"],
    ),
    (["inf", 1, 1, 1, 1, 1], [f"data.csv:2: column 'w' holds inf; every row to train on {NEEDS}"]),
    ([0, 0, 0, 0, 1, 1], ["data.csv: data.table.weight: column 'w' is 0 in all rows to train on"]),
    ([1, 1, 1, 1, 0, 0], ["data.csv: data.table.weight: column 'w' is 0 in all rows of the validation part"]),
    (
        [1, -1, 1, 1, 1, ""],
        [
            f"data.csv:3: column 'w' holds -1; every row to train on {NEEDS}",
            f"data.csv:7: column 'w' has no value; every row of the validation part {NEEDS}",
        ],
    ),
    (
        [*"xyzxyz"],
        [
            "data.csv: data.table.weight: column 'w' holds no numbers, but weights must be numbers",
        ],
    ),
]


@pytest.mark.parametrize(("cells", "lines"), FAULTS)
def test_weights_that_cannot_be_used(cells: list[Any], lines: list[str]):
    with pytest.raises(InputError) as caught:
        open_dataset(config(_table(cells)), [FOLDER])
    assert str(caught.value).splitlines() == lines


@pytest.mark.parametrize(
    ("data", "weights", "line"),
    [
        (_npz, [1, -2, 1, 1, 1, 1], f"data.npz: y[1]: array 'w' holds -2; every row to train on {NEEDS}"),
        (_npy, [1, np.nan, 1, 1, 1, 1], f"y.npy[1]: array 'w.npy' has no value; every row to train on {NEEDS}"),
        (_npz, [0, 0, 0, 0, 1, 1], "data.npz: data.npz.weight: array 'w' is 0 in all rows to train on"),
        (_npz, list("abcdef"), "data.npz: data.npz.weight: array 'w' holds no numbers, but weights must be numbers"),
        (_npz, [1, 2], "data.npz: data.npz: 6 samples, but 2 values in data.npz: w"),
        (_npy, np.ones((6, 2)), "w.npy: data.npy: one value for each sample is needed, got [6, 2]"),
    ],
)
def test_arrays_of_weights_that_cannot_be_used(data: Any, weights: Any, line: str):
    with pytest.raises(InputError) as caught:
        open_dataset(config(data(weights)), [FOLDER])
    assert str(caught.value).splitlines() == [line]


def test_an_array_that_is_not_there():
    data = _npz(np.ones(6))
    data["npz"]["weight"] = "ww"
    with pytest.raises(InputError, match=r"data\.npz\.weight: no array 'ww'; did you mean 'w'\?"):
        open_dataset(config(data), [FOLDER])


@pytest.mark.parametrize("data", [_npz, _npy])
def test_predictions_for_arrays_need_no_weights(data: Any):
    written = config(data(np.ones(6)))
    preprocessing = open_dataset(written, [FOLDER]).preprocessing
    np.savez("data.npz", x=np.zeros((2, 1)))
    request = Request(targets=False)
    other = written.source if data is _npz else written.source.at("x.npy")
    assert data is _npz or other.weight is None
    with prediction_rows.opened(other, Preprocessing.from_json(preprocessing), [FOLDER], request) as rows:
        assert rows.rows == (2 if data is _npz else 6)


def test_an_array_divides_and_weighs_the_rows():
    data = _npz([1, 1, 1, 2, 2, 2])
    data["npz"].pop("weight")
    data["split"] = {"validation": 0.3, "group": "w", "seed": 1}
    dataset = open_dataset(config(data), [FOLDER], sampling=Sampling(weights="w"))
    assert {part: len(rows) for part, rows in dataset.parts.items()} == {"train": 3, "validation": 3}


def test_a_column_that_is_not_there():
    data = _table([1, 2, 3, 4, 5, 6])
    data["table"]["weight"] = "wight"
    with pytest.raises(InputError, match=r"data\.table\.weight: no column 'wight'"):
        open_dataset(config(data), [FOLDER])


@pytest.mark.parametrize(
    ("main", "validation", "line"),
    [
        ({"weight": "w"}, {}, "data.validation.table: needs a weight, since the training rows have one: w"),
        (
            {},
            {"weight": "w"},
            "data.validation.table.weight: the training rows have no weight; give both one, or neither",
        ),
    ],
)
def test_parts_are_weighted_alike(main: dict[str, Any], validation: dict[str, Any], line: str):
    source = {"path": "data.csv", "target": "y"}
    data = {"table": {**source, **main}, "validation": {"table": {**source, **validation}}}
    with pytest.raises(InputError) as caught:
        from_resolved({"data": data, "model": [{"dense": 1}], "loss": "mse"})
    assert line in str(caught.value)
