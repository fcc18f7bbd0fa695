from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dltool.config.document import read_document
from dltool.config.loading import load, resolved
from dltool.config.schema import config_schema
from dltool.registry import PACKAGES, registered
from tests.config.configs import CONFIG, write
from tests.config.test_broken_configs import BROKEN

KINDS = [kind for kind in PACKAGES if kind != "op"]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


FORMS = [
    {},
    {"x-author": {"anything": [1, 2]}},
    {"loss": {"cross_entropy": {"label_smoothing": 0.1}}},
    {"loss": {"cross_entropy": None}},
    {"optimizer": "adam"},
    {"optimizer": {"adam": 0.1}},
    {"optimizer": {"adam": {"lr": 0.1}}},
    {
        "model": [
            {"dense": 3},
            "relu",
            {"residual": [{"dense": {"units": 3, "activation": {"elu": 0.5}}}, "batch_norm"]},
        ]
    },
    {"model": [{"parallel": {"branches": [["relu"], []]}}]},
    {"data": {"idx": {"images": "a", "labels": "b"}, "split": {"validation": {"last": 3}}, "scaling": {"divide": 2}}},
    {"sweep": {"trials": 9, "optimizer.lr": {"log": [1e-4, 0.1], "when": {"optimizer": "adam"}}, "model[0]": ["relu"]}},
    {"sweep": {"time": "1h30m", "method": "grid", "parameters": {"train.epochs": {"int": [1, 9], "step": 2}}}},
    {"early_stopping": None, "train": {"clip": {"norm": 1}, "threads": "auto", "ema_decay": None}},
]


@pytest.mark.parametrize("changes", FORMS, ids=str)
def test_the_schema_accepts_every_form(changes: dict[str, Any], validator: jsonschema.Draft202012Validator) -> None:
    validator.validate({**read_document(CONFIG, "c.yaml").root.plain(), **changes})


@pytest.mark.parametrize("compat", ["keras", "torch", "mxnet"])
def test_the_schema_accepts_resolved_configs(
    compat: str, tmp_path: Path, validator: jsonschema.Draft202012Validator
) -> None:
    validator.validate(resolved(load(write(tmp_path), [f"compat={compat}"])))


# what only shows in YAML itself, between fields, or with the data is beyond a schema
WITHIN_REACH = [path for path in BROKEN if path.stem.partition("_")[0] in ("key", "value", "name", "thing")]
BEYOND = {"value_not_finite", "value_name_of_the_run"}


@pytest.mark.parametrize("path", WITHIN_REACH, ids=[path.stem for path in WITHIN_REACH])
def test_the_schema_refuses_broken_configs(path: Path, validator: jsonschema.Draft202012Validator) -> None:
    if path.stem not in BEYOND:
        assert not validator.is_valid(read_document(path.read_text(), path.name).root.plain())


@pytest.mark.parametrize("kind", KINDS)
def test_everything_registered_is_described(kind: str, validator: jsonschema.Draft202012Validator) -> None:
    mapping = validator.schema["$defs"][kind]["anyOf"][-1]
    assert mapping["properties"].keys() == registered(kind).keys()
    assert all(below["description"] for below in mapping["properties"].values())
