"""What is taken for classes, for labels and for numbers, how they reach a loss, and every line about unfit ones."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from dltool.data.dataset.dataset import Dataset
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.errors import InputError
from tests.data.opening import FOLDER, config, open_part, opened, problems, table, write

WHOLE = {"split": {"validation": 0}}


def _data(values: list[Any], **fields: Any) -> dict[str, Any]:
    lines = [f"{i},{str(value).lower() if isinstance(value, bool) else value}" for i, value in enumerate(values)]
    path = write("data.csv", "\n".join(["a,y", *lines]))
    return {**table(path, **fields), **WHOLE}


def _columns(rows: list[tuple[Any, ...]], names: str, target: Any, **fields: Any) -> dict[str, Any]:
    lines = [",".join(map(str, (i, *row))) for i, row in enumerate(rows)]
    return {**table(write("data.csv", "\n".join([f"a,{names}", *lines])), target, **fields), **WHOLE}


def _targets(dataset: Dataset) -> np.ndarray:
    """Those to train on, in their own units."""
    return dataset.signature.own_units(dataset.parts["train"].targets)


CLASSES: list[tuple[list[Any], dict[str, Any], tuple[str, ...]]] = [
    (["v", "u", "v", "w"], {}, ("u", "v", "w")),
    ([" v", "u ", "v"], {}, ("u", "v")),
    ([True, False, True], {}, ("false", "true")),
    ([10, 9, 2, 9], {}, ("2", "9", "10")),
    ([-1, 1, -1], {}, ("-1", "1")),
    ([1.0, 2.0, 1.0], {"task": "classes"}, ("1", "2")),
    (list(range(200)), {"task": "classes"}, tuple(map(str, range(200)))),
    ([0, 1, 2], {"rename_labels": {0: "no", 1: "yes", 2: "yes"}}, ("no", "yes")),
    (["v", "u", "U."], {"rename_labels": {"U.": "u"}}, ("u", "v")),
]


@pytest.mark.parametrize(("values", "fields", "classes"), CLASSES)
def test_classes_are_sorted(values: list[Any], fields: dict[str, Any], classes: tuple[str, ...]):
    dataset = opened(_data(values, **fields))
    assert dataset.signature.task == "classes"
    assert dataset.signature.classes == classes
    renamed = {str(found): name for found, name in fields.get("rename_labels", {}).items()}
    names = [
        str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
        for value in values
    ]
    labels = dataset.parts["train"].targets
    assert [classes[label] for label in labels] == [renamed.get(name, name.strip()) for name in names]
    assert labels.dtype == np.int64
    assert dataset.signature.class_counts == tuple(np.bincount(labels))


NUMBERS: list[tuple[list[Any], dict[str, Any]]] = [
    ([0.5, 1.5, 0.5], {}),
    ([1.0, 2.0, 1.0], {}),
    ([3, 1, 2], {"task": "numbers"}),
    ([True, False, True], {"task": "numbers"}),
    (list(range(101)), {}),
    ([1e9 + 1, 1e9 + 2, 1e9 + 4], {"task": "numbers"}),
]


@pytest.mark.parametrize(("values", "fields"), NUMBERS)
def test_numbers_are_standardized_and_shown_in_their_own_units(values: list[Any], fields: dict[str, Any]):
    dataset = opened(_data(values, **fields))
    trained = dataset.parts["train"].targets
    assert dataset.signature.task == "numbers"
    assert dataset.signature.classes is None
    assert trained.dtype == np.float32
    assert trained.mean() == pytest.approx(0, abs=1e-6)
    assert trained.std() == pytest.approx(1, rel=1e-6)
    np.testing.assert_allclose(_targets(dataset)[:, 0], np.array(values, float), rtol=1e-6, atol=1e-5)


SCALINGS: list[tuple[Any, list[float]]] = [
    ("none", [1, 3, 5]),
    ("minmax", [0, 0.5, 1]),
    ({"divide": 2}, [0.5, 1.5, 2.5]),
]


@pytest.mark.parametrize(("scaling", "trained"), SCALINGS)
def test_the_scaling_of_targets_is_the_users_choice(scaling: Any, trained: list[float]):
    dataset = opened({**_data([1, 3, 5], task="numbers"), "target_scaling": scaling})
    assert dataset.parts["train"].targets[:, 0].tolist() == trained
    np.testing.assert_allclose(_targets(dataset)[:, 0], [1, 3, 5], rtol=1e-6)


def test_targets_are_scaled_by_the_training_part_alone():
    data = _data([0.5, 1.5, 100.5], task="numbers")
    dataset = opened({**data, "split": {"train": {"first": 2}, "validation": {"last": 1}}})
    assert dataset.parts["train"].targets.tolist() == [[-1], [1]]
    assert dataset.parts["validation"].targets.tolist() == [[199]]


def test_arrays_and_imitated_frameworks_keep_their_numbers():
    np.savez("data.npz", x=np.zeros((4, 3)), y=[1.5, 2.5, 3.5, 9.5])
    dataset = opened({"npz": "data.npz", **WHOLE})
    assert dataset.parts["train"].targets[:, 0].tolist() == [1.5, 2.5, 3.5, 9.5]
    assert dataset.signature.target_scale is None
    imitating = config({"npz": "data.npz"}).model_validate(_data([0.5, 1.5]), context={"compat": "keras"})
    assert imitating.target_scaling is not None
    assert imitating.target_scaling.yaml_name == "none"


def test_several_targets_are_numbers():
    write("data.csv", "a,y,z\n" + "".join(f"{i},{i % 2},{i / 4}\n" for i in range(10)))
    dataset = opened({**table("data.csv", ["z", "y"]), **WHOLE})
    assert dataset.signature.targets == ("z", "y")
    np.testing.assert_allclose(_targets(dataset), [[i / 4, i % 2] for i in range(10)], atol=1e-6)


LABELS: list[tuple[list[tuple[Any, ...]], dict[str, Any]]] = [
    ([(0, 1), (1, 0), (1, 1)], {}),
    ([("true", "false"), ("false", "true"), ("true", "true")], {}),
    ([(0, "true"), (1, "false"), (1, "true")], {}),
    ([(0, 0.0), (1, 1.0), (1, 0.0)], {"task": "multilabel"}),
]


@pytest.mark.parametrize(("rows", "fields"), LABELS)
def test_several_targets_that_are_0_or_1_are_labels(rows: list[tuple[Any, ...]], fields: dict[str, Any]):
    dataset = opened(_columns(rows, "u,v", ["v", "u"], **fields))
    signature, targets = dataset.signature, dataset.parts["train"].targets
    assert (signature.task, signature.targets, signature.classes) == ("multilabel", ("v", "u"), None)
    expected = [[float(str(one) in ("1", "1.0", "true")) for one in reversed(row)] for row in rows]
    assert targets.dtype == np.float32
    assert targets.tolist() == expected
    assert signature.class_counts == tuple(np.sum(expected, axis=0))
    assert signature.class_shares == dict(zip("vu", np.mean(expected, axis=0), strict=True))


def test_lists_of_labels():
    cells = ["drama | crime", "", "comedy", "crime", "comedy|drama|comedy", "|"]
    data = _data(cells, target="y", label_separator="|", rename_labels={"crime": "thriller"})
    dataset = opened(data)
    assert dataset.signature.targets == ("comedy", "drama", "thriller")
    expected = [[0, 1, 1], [0, 0, 0], [1, 0, 0], [0, 0, 1], [1, 1, 0], [0, 0, 0]]
    assert dataset.parts["train"].targets.tolist() == expected
    write("other.csv", "a,y\n1,drama\n2,comedy|western\n")
    assert problems({**data, "test": table("other.csv", label_separator="|")}) == [
        "other.csv:3: 'western' is not a label of the training data; allowed: comedy, drama, thriller"
    ]


NOTES = [
    (20, None),
    (21, "target 'y' has 21 different integers: taken as classes (task: numbers for numbers)"),
    (101, "target 'y' has 101 different integers: taken as numbers (task: classes for classes)"),
]


@pytest.mark.parametrize(("count", "note"), NOTES)
def test_a_choice_that_may_be_wrong_is_told(count: int, note: str | None):
    notes = opened(_data(list(range(count)))).notes
    assert [text for text in notes if "integers" in text] == ([note] if note else [])


def test_labels_that_were_guessed_are_told():
    notes = opened(_columns([(0, 1), (1, 0)], "u,v", ["u", "v"])).notes
    assert notes[0].startswith("all 2 targets are 0 or 1: taken as labels (task: numbers for numbers")


FAULTS: list[tuple[dict[str, Any], str]] = [
    (
        {"values": ["u", "v"], "task": "numbers"},
        "data.csv:2: data.table: column 'y' holds 'u', where a number is expected, and 1 more cell of this column;"
        " correct it, or leave its row out: types: {y: {number: {missing: [u]}}}, missing_target: drop",
    ),
    ({"values": [1, 0.5, 1.5], "task": "classes"}, "data.csv:3: target 'y' holds 0.5, which names no class"),
    ({"values": [3, 3, 3]}, "data.csv: all rows have the class '3'; there is nothing to predict"),
    ({"values": [0, 1, 2], "task": "multilabel"}, "data.csv:4: target 'y' holds 2, where labels are 0 or 1"),
    (
        {"values": ["u", "u|v"], "task": "multilabel"},
        "data.csv: target 'y' holds text such as 'u', where labels are 0 or 1; for lists of labels give what separates"
        " them: label_separator",
    ),
    (
        {"values": ["", "|"], "label_separator": "|"},
        "data.csv: no row has a label in column 'y'; there is nothing to predict",
    ),
    (
        {"values": ["u", "", "v", ""]},
        "data.csv:3: data.table: column 'y' has no value, and 1 more row like it; a row without a target cannot be used"
        ": remove it, or drop all such rows with missing_target: drop",
    ),
    ({"values": ["", ""], "missing_target": "drop"}, "data.csv: no row has a target"),
]


@pytest.mark.parametrize(("fields", "line"), FAULTS, ids=lambda value: str(value)[:40])
def test_targets_that_cannot_be_used(fields: dict[str, Any], line: str):
    assert problems(_data(**fields)) == [line]


def test_classes_of_several_targets_are_refused():
    assert problems(_columns([(0, 1), (1, 2)], "u,v", ["u", "v"], task="classes")) == [
        "data.csv: classes can be predicted for one target, not for 2; if each is 0 or 1: task: multilabel"
    ]


@pytest.mark.parametrize("values", [["u", "", "v", "u"], [1.5, "", 2.5, "nan"], [1, "", 2, 3]])
def test_rows_without_a_target_can_be_dropped(values: list[Any]):
    data = _data(values, missing_target="drop")
    present = [i for i, value in enumerate(values) if value not in ("", "nan")]
    dataset = opened({**data, "scaling": "none"})
    assert dataset.parts["train"].features[:, 0].tolist() == present
    assert len(dataset.parts["train"].targets) == len(present)
    dropped = len(values) - len(present)
    assert f"data.csv: left out {dropped} row{'s' if dropped > 1 else ''} without a target" in dataset.notes
    with_ends = opened({**data, "scaling": "none", "split": {"validation": {"last": 1}}})
    assert with_ends.parts["validation"].features[:, 0].tolist() == present[-1:]
    part = open_part(config(data).source, dataset.preprocessing, [FOLDER])  # type: ignore[arg-type]
    np.testing.assert_array_equal(part.targets, dataset.parts["train"].targets)
    np.testing.assert_array_equal(part.features, dataset.parts["train"].features)


def test_labels_of_another_source():
    data = _data([0, 1, 2, 0])
    write("other.csv", "a,y\n1,2\n2,2\n")
    dataset = opened({**data, "validation": table("other.csv")})
    assert dataset.parts["validation"].targets.tolist() == [2, 2]
    assert dataset.warnings[0] == "the validation part has no row of 2 of the 3 classes: '0', '1'"
    write("other.csv", "a,y\n1,2\n2,5\n")
    assert problems({**data, "validation": table("other.csv")}) == [
        "other.csv:3: '5' is not a class of the training data; allowed: 0, 1, 2"
    ]


@pytest.mark.parametrize("ending", [".", " .", "", "A"])
def test_classes_that_are_only_written_otherwise(ending: str):
    data = _data(["<=50K", ">50K", "<=50K"])
    upper = (lambda word: word.swapcase()) if ending == "A" else (lambda word: word + ending)
    found, other = upper("<=50K"), upper(">50K")
    write("other.csv", f"a,y\n1,{found}\n2,{other}\n")
    source = table("other.csv")
    if ending == "":
        assert opened({**data, "test": source}).parts["test"].targets.tolist() == [0, 1]
        return
    renaming = f'rename_labels: {{"{found}": "<=50K", "{other}": ">50K"}}'
    assert problems({**data, "test": source}) == [
        f"other.csv:2: '{found}' is not a class of the training data; if it is '<=50K', give this source: {renaming}"
    ]
    source["table"]["rename_labels"] = {found: "<=50K", other: ">50K"}
    assert opened({**data, "test": source}).parts["test"].targets.tolist() == [0, 1]


KEPT: list[tuple[list[tuple[Any, ...]], str, Any]] = [
    ([(1.5,), (2.5,), (4.0,)], "y", "y"),
    ([("u",), ("v",), ("u",)], "y", "y"),
    ([(0, 1), (1, 0)], "u,v", ["u", "v"]),
]


@pytest.mark.parametrize(("rows", "names", "target"), KEPT)
def test_a_checkpoint_keeps_the_target(rows: list[tuple[Any, ...]], names: str, target: Any):
    data = _columns(rows, names, target)
    dataset = opened(data)
    fitted = Preprocessing.from_json(json.loads(json.dumps(dataset.preprocessing)))
    assert fitted.target.as_json() == dataset.preprocessing["target"]
    signature = fitted.signature({"test": 5})
    assert signature.rows == {"train": len(rows), "test": 5}
    assert signature.class_shares == dataset.signature.class_shares
    part = open_part(config(data).source, dataset.preprocessing, [FOLDER])  # type: ignore[arg-type]
    np.testing.assert_array_equal(part.targets, dataset.parts["train"].targets)


def test_other_sources_must_have_as_many_targets():
    data = _columns([(1.5, 2.5), (3.5, 4.5)], "u,v", ["u", "v"])
    write("other.csv", "a,u\n1,2.5\n")
    with pytest.raises(InputError, match=r"other.csv: 1 targets, the training part has 2"):
        opened({**data, "test": table("other.csv", "u")})
