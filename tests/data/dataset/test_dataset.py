"""Data as a whole: several sources, what a checkpoint keeps, fingerprints, and the digits that come along."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from dltool.data.dataset.opening import open_dataset
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.sources.synthetic import Synthetic
from dltool.errors import InputError
from tests.data.opening import FOLDER, columns, config, idx, numbered, open_part, opened, problems, table, write

PROJECT = Path(__file__).parents[3]
DIGITS = {"table": {"path": "datasets/digits/digits.csv.gz", "target": "digit"}}


def _stored(dataset: Any) -> Any:
    return json.loads(json.dumps(dataset.preprocessing))


def test_parts_from_sources_of_their_own():
    write("data.csv", "\n".join(numbered()))
    write("more.csv", "y,b,other,a\n1,20,x,10\n2,40,x,20\n")
    parts = opened({**table("data.csv"), "validation": table("more.csv"), "scaling": "none"}).parts
    assert {name: len(part.targets) for name, part in parts.items()} == {"train": 30, "validation": 2}
    np.testing.assert_array_equal(parts["validation"].features, [[10, 20], [20, 40]])


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "a column is missing": (
        table(str(Path("less.csv"))),
        "less.csv: data.test.table: no column 'b'; did you mean 'bb'?",
    ),
    "another kind": ({"npz": {"path": "wide.npz"}}, "wide.npz: holds arrays, where the training part is a table"),
    "missing": (table("no.csv"), "data.test.table.path: no file 'no.csv', nor 'config/no.csv'"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_sources_that_do_not_fit_the_first(case: str):
    write("data.csv", "\n".join(numbered()))
    write("less.csv", "a,bb,y\n1,2,0\n")
    np.savez("wide.npz", x=np.zeros((4, 3)), y=[0, 1, 2, 0])
    source, line = OTHERS[case]
    assert problems({**table("data.csv"), "test": source}) == [line]


ARRAYS = {
    "wide": (np.zeros((4, 3)), "other.npz: features are float32 [3], those of the training part float32 [2]"),
    "bytes": (np.zeros((4, 2), np.uint8), "other.npz: features are uint8 [2], those of the training part float32 [2]"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_that_do_not_fit_the_first(case: str):
    features, line = ARRAYS[case]
    np.savez("data.npz", x=np.zeros((4, 2)), y=[0, 1, 2, 0])
    np.savez("other.npz", x=features, y=[0, 1, 2, 0])
    assert problems({"npz": {"path": "data.npz"}, "test": {"npz": {"path": "other.npz"}}}) == [line]


@pytest.mark.parametrize("scaling", ["none", "standard", "minmax", {"divide": 3}])
def test_what_a_checkpoint_keeps_prepares_the_same(scaling: Any):
    write("data.csv", "\n".join(numbered()))
    write("more.csv", "\n".join(numbered(10)))
    data = {**table("data.csv"), "validation": table("more.csv"), "scaling": scaling}
    dataset = opened(data)
    again = opened(data, _stored(dataset))
    part = open_part(config(table("more.csv")).source, _stored(dataset), [FOLDER])
    for found in (again.parts["validation"], part):
        np.testing.assert_array_equal(found.features, dataset.parts["validation"].features)
        np.testing.assert_array_equal(found.targets, dataset.parts["validation"].targets)
    assert again.preprocessing == dataset.preprocessing
    assert again.fingerprint == dataset.fingerprint


def test_kept_numbers_are_not_fitted_again():
    write("data.csv", "\n".join(numbered()))
    stored = _stored(opened({**table("data.csv"), "scaling": "minmax"}))
    write("data.csv", "\n".join(numbered(60)))
    parts = opened({**table("data.csv"), "scaling": "minmax"}, stored).parts
    assert max(part.features.max() for part in parts.values()) > 1.9


def test_the_signature_follows_from_what_a_checkpoint_keeps():
    write("images", idx(np.arange(64, dtype=np.uint8).reshape(4, 4, 4)))
    write("labels", idx(np.arange(4, dtype=np.uint8) % 2))
    dataset = opened(
        {"idx": {"images": "images", "labels": "labels"}, "split": {"validation": 0}, "scaling": "standard"}
    )
    signature = Preprocessing.from_json(_stored(dataset)).signature({"train": 4})
    assert signature.feature_shape == (4, 4)
    np.testing.assert_array_equal(signature.factor, dataset.signature.factor)
    assert signature.classes == ("0", "1")


def test_other_data_that_does_not_fit_a_checkpoint():
    write("data.csv", "\n".join(numbered()))
    stored = _stored(opened(table("data.csv")))
    write("less.csv", "a,y\n1,0\n2,1\n")
    for name, line in {
        "less.csv": "less.csv: no column 'b'; allowed: a, y",
        "nowhere.csv": "no file 'nowhere.csv', nor 'config/nowhere.csv'",
    }.items():
        with pytest.raises(InputError) as caught:
            open_part(config(table(name)).source, stored, [FOLDER])
        assert str(caught.value) == line


def test_fingerprints_tell_contents_apart_and_nothing_else():
    lines = numbered()
    write("data.csv", "\n".join(lines))
    write("copy.csv", "\n".join(lines).replace(",", ";"))
    plain = opened(table("data.csv")).fingerprint
    assert plain == opened(table("copy.csv")).fingerprint
    lines[7] = "6,12.0001,0"
    write("data.csv", "\n".join(lines))
    assert plain != opened(table("data.csv")).fingerprint


@pytest.mark.parametrize("targets", [{"classes": 7}, {"targets": 2}])
def test_synthetic_data_follows_from_its_seed(targets: dict[str, int]):
    data = {"synthetic": {"features": 5, "rows": 100, "seed": 3, **targets}, "split": {"validation": 0}}
    one, two = opened(data), opened(data)
    assert one.fingerprint == two.fingerprint
    assert one.parts["train"].features.shape == (100, 5)
    if "classes" in targets:
        assert np.bincount(one.parts["train"].targets).min() == 100 // 7
    else:
        assert one.parts["train"].targets.shape == (100, 2)
    data["synthetic"]["seed"] = 4
    assert opened(data).fingerprint != one.fingerprint


def test_synthetic_images_of_bytes_and_series():
    fields = {"rows": 20, "classes": 4, "features": [6, 7, 3], "bytes": True}
    images = opened({"synthetic": fields, "split": {"validation": 0}, "scaling": "none"}).parts["train"].features
    assert (images.shape, images.dtype) == ((20, 6, 7, 3), np.uint8)
    assert (images.min(), images.max()) == (0, 255)
    data = {"synthetic": {"features": [300, 2], "targets": 1, "rows": 20}, "split": {"validation": 0}}
    series = opened(data).parts["train"].features
    assert (series.shape, series.dtype) == ((20, 300, 2), np.float32)
    assert series.std() == pytest.approx(1, abs=0.03)


def test_synthetic_texts_are_codes_with_classes_or_blocks_for_language_models():
    texts = opened({"synthetic": {"tokens": 7, "length": 90, "classes": 3, "rows": 20}, "split": {"validation": 0}})
    codes = texts.parts["train"].features
    assert (codes.shape, codes.dtype, np.unique(codes).tolist()) == ((20, 90), np.int32, list(range(7)))
    assert texts.parts["train"].targets.shape == (20,)
    blocks = opened({"synthetic": {"tokens": 7, "block": 90, "rows": 20}, "split": {"validation": 0.25}})
    codes = blocks.parts["train"].features
    assert (codes.shape, np.unique(codes).tolist()) == ((15, 91), list(range(7)))
    assert (blocks.signature.task, blocks.signature.classes) == ("tokens", tuple("0123456"))
    np.testing.assert_array_equal(blocks.parts["validation"].targets, np.full((5, 2), 90))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"classes": 3}, "expected either 'features' or 'tokens'"),
        ({"features": 4, "tokens": 7, "classes": 3}, "expected either 'features' or 'tokens'"),
        ({"features": 4}, "expected either 'classes' or 'targets'"),
        ({"tokens": 7, "length": 9}, "expected either 'classes' or 'targets'"),
        ({"features": 4, "block": 8, "classes": 3}, "'block' belongs to 'tokens', which is not given"),
        (
            {"tokens": 7, "classes": 3},
            "tokens need either 'block', for a language model, or 'length', for texts with targets",
        ),
        ({"tokens": 7, "length": 9, "classes": 3, "bytes": True}, "bytes need 'features'"),
        (
            {"tokens": 7, "block": 8, "classes": 3},
            "the targets of a 'block' are its own tokens; leave out 'classes' and 'targets'",
        ),
        ({"features": 4, "classes": 3, "rows": 2}, "2 rows cannot hold 3 classes; raise 'rows'"),
    ],
)
def test_what_does_not_go_together_in_synthetic_data(fields: dict[str, Any], message: str):
    with pytest.raises(ValidationError) as caught:
        Synthetic.model_validate(fields)
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {message}"]


def test_digits_are_complete(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(PROJECT)
    dataset = opened({**DIGITS, "split": {"validation": 0}, "scaling": "none"})
    part = dataset.parts["train"]
    assert part.features.shape == (1797, 64)
    assert np.bincount(part.targets).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert part.targets[:10].tolist() == list(range(10))
    assert part.features.min() == 0
    assert part.features.max() == 16
    assert part.features.sum(dtype=np.float64) == 561718
    assert columns(dataset)[9] == "pixel_1_1"


def test_digits_are_found_from_a_config_elsewhere():
    assert open_dataset(config({"table": {"path": "digits.csv.gz", "target": "digit"}}), [PROJECT / "datasets/digits"])


def test_reading_a_signature_imports_no_compiler_and_arrays_need_no_duckdb():
    np.savez("data.npz", x=np.zeros((4, 3)), y=[0, 1, 0, 1])
    code = (
        "import sys; from pathlib import Path; from dltool.config.data import DataConfig;"
        "from dltool.data.dataset.opening import read_signature;"
        "read_signature(DataConfig.model_validate({'npz': {'path': 'data.npz'}}), []);"
        "print({'llvmlite', 'duckdb'} & set(sys.modules))"
    )
    environment = {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "set()"


def test_features_of_columns_need_columns():
    np.savez("a.npz", x=np.zeros((9, 2)), y=np.arange(9) % 2)
    line = "data.features: this data has no columns with names; leave it out"
    assert problems({"npz": "a.npz", "features": {"a": "numeric"}}) == [line]
