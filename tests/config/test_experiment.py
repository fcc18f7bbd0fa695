from pathlib import Path

import pytest
import yaml

from dltool.config.loading import dump_yaml, from_resolved, load, resolved
from tests.config.configs import CONFIG, problems, write

VARIANTS = [
    [],
    ["compat=keras"],
    ["compat=torch"],
    ["compat=mxnet"],
    ["optimizer={sgd: {momentum: 0.9}}", "schedule={cosine: {warmup_epochs: 1}}"],
    ["model[1]={residual: [{parallel: [[relu], [batch_norm]]}]}", "model+={repeat: {times: 2, layers: [tanh]}}"],
    ["loss={cross_entropy: {class_weights: {0: 2, '1': 0.5}}}", "metrics=[accuracy, {top_k: 2}, f1]"],
    ["train.clip.value=1e-7", "train.ema_decay=0.999", "early_stopping.restore_best=true", "train.threads=2"],
    ["data.split={train: {first: 70}, validation: {last: 30}}", "data.scaling=minmax"],
    ["data.validation={synthetic: {features: 8, classes: 3}}", "data.test={npz: {path: '1e3'}}"],
    ["name=no"],
    ["name='0o17'"],
    ["name='1e3'"],
    ["name='2020-01-01'"],
    ["x-note=free"],
]  # fmt: skip


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_a_resolved_config_is_the_same_experiment(changes: list[str], tmp_path: Path) -> None:
    experiment = load(write(tmp_path), changes)
    data = resolved(experiment)
    text = dump_yaml(data)
    assert from_resolved(data) == experiment
    assert load(write(tmp_path, text, "resolved.yaml")) == experiment
    assert dump_yaml(resolved(load(tmp_path / "resolved.yaml"))) == text


#: a change in the words of older versions, and the same in those of today
RENAMED = [
    ("augment=[flip, {rotation: 5}, {affine: {shear: 5}}, {colour: {contrast: 0.1}}]",
     "augment=[random_flip, {random_rotation: 5}, {random_affine: {shear: 5}}, {color_jitter: {contrast: 0.1}}]"),
    ("train.average=0.9", "train.ema_decay=0.9"),
    ("optimizer={adagrad: {start: 0.5}}", "optimizer={adagrad: {initial_accumulator_value: 0.5}}"),
    ("data={npz: {path: labels, task: labels}}", "data={npz: {path: labels, task: multilabel}}"),
    ("data.validation={table: {path: a, target: b, task: labels, rename_labels: {task: labels}}}",
     "data.validation={table: {path: a, target: b, task: multilabel, rename_labels: {task: labels}}}"),
    ("data.features={flip: {category: {most: 9}}, most: {numeric: {scaling: {quantile: {knots: 9}}}}}",
     "data.features={flip: {category: {max_categories: 9}}, most: {numeric: {scaling: {quantile: {quantiles: 9}}}}}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), RENAMED)
def test_a_config_kept_by_an_older_version_still_loads(old: str, new: str, tmp_path: Path) -> None:
    data = resolved(load(write(tmp_path)))
    name, _, value = old.partition("=")
    block, _, field = name.partition(".")
    kept = yaml.safe_load(value)
    data[block] = {**data[block], field: kept} if field else kept
    if field == "validation":
        data["data"]["split"] = {"validation": 0.0}
    if block == "train":
        del data["train"]["ema_decay"]  # an older version did not write it
    assert from_resolved(data) == load(write(tmp_path), [new])


@pytest.mark.parametrize("old", [old for old, _ in RENAMED])
def test_a_name_of_an_older_version_is_said_to_be_another_now(old: str, tmp_path: Path) -> None:
    assert all("' is now called '" in line for line in problems(write(tmp_path), [old]))


def test_every_default_is_in_the_resolved_config(tmp_path: Path) -> None:
    data = resolved(load(write(tmp_path)))
    assert list(data) == [
        "name", "compat", "data", "model", "init_from", "freeze", "augment", "loss", "optimizer", "schedule", "metrics",
        "early_stopping", "train",
    ]  # fmt: skip
    assert data["model"][1] == {"dropout": {"rate": 0.1}}
    assert data["train"]["log_every"] == 10
    assert data["data"]["split"]["validation"] == 0.2


@pytest.mark.parametrize(
    ("file", "name"),
    [("digits.yaml", "digits"), ("my net (2).yaml", "my_net__2_"), ("_.yaml", "run"), ("größe.yaml", "größe")],
)
def test_a_run_is_named_after_its_config(file: str, name: str, tmp_path: Path) -> None:
    assert load(write(tmp_path, name=file)).name == name


@pytest.mark.parametrize(
    ("changes", "parts", "monitor"),
    [
        ([], ("train", "validation"), "validation.accuracy"),
        (["~metrics"], ("train", "validation"), "validation.loss"),
        (["metrics=[confusion_matrix]"], ("train", "validation"), "validation.loss"),
        (["data.split.validation=0"], ("train",), "train.loss"),
        (["data.split.test=0.1", "train.monitor=train.loss"], ("train", "validation", "test"), "train.loss"),
        (["data.validation={npz: {path: x}}"], ("train", "validation"), "validation.accuracy"),
    ],
)
def test_parts_and_monitor(changes: list[str], parts: tuple[str, ...], monitor: str, tmp_path: Path) -> None:
    experiment = load(write(tmp_path), changes)
    assert (experiment.data.parts, experiment.monitor) == (parts, monitor)


def test_a_part_with_its_own_source_is_not_split_off(tmp_path: Path) -> None:
    experiment = load(write(tmp_path), ["data.validation={npz: {path: x}}"])
    assert experiment.data.split.validation == 0


def test_all_problems_of_valid_and_invalid_blocks_come_together(tmp_path: Path) -> None:
    text = CONFIG.replace("epochs: 2", "epochs: two") + "early_stopping: {monitor: validation.f1}\nepochs: 2\n"
    assert problems(write(tmp_path, text)) == [
        "c.yaml:10:17: train.epochs: expected a whole number above 0, got 'two'",
        "c.yaml:11:27: early_stopping.monitor: no metric is called 'validation.f1'; add 'f1' to 'metrics'",
        "c.yaml:12:1: epochs: unknown key; 'epochs' belongs in 'train'",
    ]
