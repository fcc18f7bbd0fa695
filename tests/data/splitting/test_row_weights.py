"""Weights of rows in the loss: where they come from, what they become, and every line about unfit ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.config.loading import from_resolved
from dltool.data.dataset.opening import open_dataset
from dltool.data.store.reader import StoredSamples
from dltool.errors import InputError
from tests.data.opening import FOLDER, config, write

HEADER = "a,w,y\n"


def _data(cells: list[Any], **fields: Any) -> dict[str, Any]:
    """A table with these weights, of which the last two rows validate."""
    write("data.csv", HEADER + "".join(f"{i},{cell},{'uv'[i % 2]}\n" for i, cell in enumerate(cells)))
    source = {"path": "data.csv", "target": "y", "weight": "w"}
    return {"table": source, "split": {"validation": {"last": 2}}, **fields}


@pytest.mark.parametrize("memory", ["1GB", "0.05kB"], ids=["in memory", "on disk"])
def test_weights_of_rows_to_train_on_average_one(memory: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    dataset = open_dataset(config(_data([1, 0, 2, 5, 30, 10], memory=memory)), [FOLDER])
    assert isinstance(dataset.parts["train"], StoredSamples) == (memory == "0.05kB")
    train, validation = (dataset.parts[part].rows(0, 6) for part in ("train", "validation"))
    assert train.features.shape == (4, 1)
    np.testing.assert_allclose(train.weights, [0.5, 0, 1, 2.5])
    np.testing.assert_allclose(validation.weights, [15, 5])


@pytest.mark.parametrize("weights", [[1, 1, 1, 1, 1, 1], [3, 1, 2, 5, 30, 10]])
def test_the_data_counts_as_changed_if_its_weights_do(weights: list[int]):
    before = open_dataset(config(_data([1, 1, 1, 1, 1, 2])), [FOLDER]).fingerprint
    assert open_dataset(config(_data(weights)), [FOLDER]).fingerprint != before


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
        open_dataset(config(_data(cells)), [FOLDER])
    assert str(caught.value).splitlines() == lines


def test_a_column_that_is_not_there():
    data = _data([1, 2, 3, 4, 5, 6])
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
