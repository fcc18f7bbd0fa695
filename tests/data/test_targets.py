"""What is taken for classes and what for numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .opening import opened, problems, table, write


def _data(values: list[Any], **fields: Any) -> dict[str, Any]:
    lines = [f"{i},{str(value).lower() if isinstance(value, bool) else value}" for i, value in enumerate(values)]
    return {**table(write("data.csv", "\n".join(["a,y", *lines])), **fields), "split": {"validation": 0}}


CLASSES: list[tuple[list[Any], dict[str, Any], tuple[str, ...]]] = [
    (["v", "u", "v", "w"], {}, ("u", "v", "w")),
    ([True, False, True], {}, ("false", "true")),
    ([10, 9, 2, 9], {}, ("2", "9", "10")),
    ([-1, 1, -1], {}, ("-1", "1")),
    ([1.0, 2.0, 1.0], {"task": "classes"}, ("1", "2")),
    (list(range(200)), {"task": "classes"}, tuple(map(str, range(200)))),
]


@pytest.mark.parametrize(("values", "fields", "classes"), CLASSES)
def test_classes_are_sorted(values: list[Any], fields: dict[str, Any], classes: tuple[str, ...]):
    dataset = opened(_data(values, **fields))
    assert dataset.signature.classes == classes
    names = [
        str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
        for value in values
    ]
    assert [classes[label] for label in dataset.parts["train"].targets] == names
    assert dataset.parts["train"].targets.dtype == np.int64


NUMBERS: list[tuple[list[Any], dict[str, Any]]] = [
    ([0.5, 1.5, 0.5], {}),
    ([1.0, 2.0, 1.0], {}),
    ([3, 1, 2], {"task": "numbers"}),
    ([True, False, True], {"task": "numbers"}),
    (list(range(101)), {}),
]


@pytest.mark.parametrize(("values", "fields"), NUMBERS)
def test_numbers(values: list[Any], fields: dict[str, Any]):
    dataset = opened(_data(values, **fields))
    targets = dataset.parts["train"].targets
    assert dataset.signature.classes is None
    assert targets.dtype == np.float32
    np.testing.assert_array_equal(targets[:, 0], np.array(values, np.float32))


def test_several_targets_are_numbers():
    write("data.csv", "a,y,z\n" + "".join(f"{i},{i % 2},{i / 4}\n" for i in range(10)))
    dataset = opened({**table("data.csv", ["z", "y"]), "split": {"validation": 0}})
    assert dataset.signature.targets == ("z", "y")
    np.testing.assert_array_equal(dataset.parts["train"].targets, [[i / 4, i % 2] for i in range(10)])


NOTES = [
    (20, None),
    (21, "target 'y' has 21 different integers: taken as classes (task: numbers for numbers)"),
    (101, "target 'y' has 101 different integers: taken as numbers (task: classes for classes)"),
]


@pytest.mark.parametrize(("count", "note"), NOTES)
def test_a_choice_that_may_be_wrong_is_told(count: int, note: str | None):
    standardised = "features are standardised on the training part (data.scaling: standard)"
    assert opened(_data(list(range(count)))).notes == [*([note] if note else []), standardised]


def test_targets_that_are_not_what_the_config_says():
    assert problems(_data(["u", "v", "u"], task="numbers")) == [
        "data.csv: target 'y' holds text such as 'u', where numbers are needed"
    ]
    assert problems(_data([0.5, 1.5], task="classes")) == ["data.csv: target 'y' holds 0.5, which names no class"]


def test_labels_of_another_source():
    data = _data([0, 1, 2, 0])
    write("other.csv", "a,y\n1,2\n2,2\n")
    dataset = opened({**data, "validation": table("other.csv")})
    assert dataset.parts["validation"].targets.tolist() == [2, 2]
    assert dataset.notes[0] == "the validation part has no row of 2 of the 3 classes: '0', '1'"
    write("other.csv", "a,y\n1,2\n2,5\n")
    assert problems({**data, "validation": table("other.csv")}) == [
        "other.csv:3: '5' is not a class of the training data; allowed: 0, 1, 2"
    ]
