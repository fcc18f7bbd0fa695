from pathlib import Path
from typing import Any

import pytest

from dltool.config.loading import load, resolved
from tests.config.configs import problems, write


def at(data: Any, path: str) -> Any:
    for step in path.split("."):
        data = data[int(step) if step.isdecimal() else step]
    return data


CHANGES: list[tuple[list[str], dict[str, Any]]] = [
    (["train.epochs=20"], {"train.epochs": 20}),
    (["train.epochs = 20"], {"train.epochs": 20}),
    (["train.epochs=1", "train.epochs=2"], {"train.epochs": 2}),
    (["train={epochs: 7, shuffle: false}"], {"train.epochs": 7, "train.shuffle": False, "train.batch_size": 32}),
    (["optimizer.adam.lr=1e-2"], {"optimizer.adam.lr": 0.01}),
    (["optimizer.lr=0o17"], {"optimizer.adam.lr": 15.0}),
    (["optimizer=sgd", "optimizer.momentum=0.9"], {"optimizer.sgd.momentum": 0.9}),
    (["optimizer.sgd.lr=0.5"], {"optimizer.sgd.lr": 0.5, "optimizer.sgd.momentum": 0.0}),
    (["optimizer.sgd=0.5"], {"optimizer.sgd.lr": 0.5}),
    (["~optimizer", "optimizer.lr=0.5"], {"optimizer.adam.lr": 0.5}),
    (["schedule.warmup_epochs=1"], {"schedule.constant.warmup_epochs": 1.0}),
    (["model[0].dense.units=64"], {"model.0.dense.units": 64, "model.0.dense.activation": "relu"}),
    (["model[0].units=64"], {"model.0.dense.units": 64}),
    (["model[0].dense=64"], {"model.0.dense.units": 64, "model.0.dense.activation": None}),
    (["model[-2].rate=0.5"], {"model.1.dropout.rate": 0.5}),
    (["model[-1].dense.bias=false"], {"model.2.dense.units": "classes", "model.2.dense.bias": False}),
    (["model[0].activation.leaky_relu.slope=0.2"], {"model.0.dense.activation.leaky_relu.slope": 0.2}),
    (["model[2].activation.leaky_relu.slope=0.2"], {"model.2.dense.activation.leaky_relu.slope": 0.2}),
    (["model[1]=relu"], {"model.1": "relu"}),
    (["~model[1]", "model[1].bias=false"], {"model.1.dense.bias": False}),
    (["model[1].residual=[{dense: 16}]", "model[1].residual+=relu"], {"model.1.residual.layers.1": "relu"}),
    (["model[1].residual=[{dense: 8}]", "model[1].residual[0].units=9"], {"model.1.residual.layers.0.dense.units": 9}),
    (["model+=softmax"], {"model.3": "softmax"}),
    (["metrics+=f1"], {"metrics.0": "accuracy", "metrics.1.f1.average": "auto"}),
    (["metrics+=[auc, {top_k: 2}]"], {"metrics.1": "auc", "metrics.2.top_k.k": 2}),
    (["~metrics", "metrics+=auc"], {"metrics.0": "auc"}),
    (["early_stopping.patience=3"], {"early_stopping.patience": 3, "early_stopping.monitor": "validation.loss"}),
    (["train.clip.norm=1"], {"train.clip": {"norm": 1.0}}),
    (["train.clip={norm: 1}", "train.clip.value=2"], {"train.clip": {"value": 2.0}}),
    (["data.split.validation.last=20"], {"data.split.validation": {"last": 20}}),
    (["data.split.validation=0.5", "data.split.validation.last=20"], {"data.split.validation": {"last": 20}}),
    (["data.synthetic.rows=50"], {"data.synthetic.rows": 50}),
    (["data.npz.path=x.npz"], {"data.npz.path": "x.npz"}),
    (["compat=torch"], {"optimizer.adam.correct_first": True, "model.0.dense.initializer": "torch_uniform"}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), CHANGES, ids=lambda value: str(value)[:60])
def test_changes(changes: list[str], expected: dict[str, Any], tmp_path: Path) -> None:
    result = resolved(load(write(tmp_path), changes))
    assert {path: at(result, path) for path in expected} == expected


def test_a_deleted_thing_falls_back_to_its_default(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert load(path, ["~train.epochs", "~metrics"]).train.epochs == 10


def test_free_comments_may_be_set(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert load(path, ["x-note.author=me"]) == load(path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("train.epochs=ten", "train.epochs: expected a whole number above 0, got 'ten'"),
        ("train.epochs=1.0", "train.epochs: expected a whole number above 0, got 1.0; write 1"),
        ("train.epochs=", "train.epochs: expected a whole number above 0, got nothing"),
        ("train.epoch=3", "train.epoch: unknown key; did you mean 'epochs'?"),
        ("trian.epochs=3", "trian: unknown key; did you mean 'train'?"),
        ("data.split.lr=1", "data.split.lr: unknown key; 'lr' belongs in 'optimizer.adam'"),
        ("optimizer={adam: {lr: x}}", "optimizer.adam.lr: expected a number above 0, got 'x'"),
        ("metrics+=acuracy", "metrics[1]: unknown metric 'acuracy'; did you mean 'accuracy'?"),
        ("model[3].units=1", "model has 3 items, [0] to [2]; there is no [3]"),
        ("model[-4].units=1", "model has 3 items, [0] to [2]; there is no [-4]"),
        ("model.units=1", "model: a list has no key 'units'; give an index such as [0]"),
        ("train[0]=1", "train: a mapping has no index [0]; its keys: epochs, batch_size"),
        ("train.epochs.x=1", "train.epochs: expected a mapping, got 2"),
        ("train.epochs+=1", "train.epochs is 2, not a list; replace it with '=' instead of '+='"),
        ("~train.epoch", "there is no train.epoch to delete; did you mean 'train.epochs'?"),
        ("~schedule", "there is no schedule to delete"),
        ("~model[7]", "model has 3 items, [0] to [2]; there is no [7]"),
        ("train", "expected KEY=VALUE, KEY+=VALUE or ~KEY, with a key such as train.epochs or model[0].units"),
        ("=3", "expected KEY=VALUE, KEY+=VALUE or ~KEY, with a key such as train.epochs or model[0].units"),
        ("train.=3", "expected KEY=VALUE, KEY+=VALUE or ~KEY, with a key such as train.epochs or model[0].units"),
        ("train={", "the value ends too early; a '[' or a '{' is not closed"),
        ("train={epochs: 1, epochs: 2}", "the key 'epochs' is already given in line 1"),
        ("train.monitor=validation.f1", "train.monitor: no metric is called 'validation.f1'; add 'f1' to 'metrics'"),
    ],
)  # fmt: skip
def test_problems_name_the_override(change: str, problem: str, tmp_path: Path) -> None:
    assert problems(write(tmp_path), [change]) == [f"--set {change}: {problem}"]


def test_problems_of_the_file_come_first_then_those_of_overrides_in_their_order(tmp_path: Path) -> None:
    path = write(tmp_path, "loss: mse\n")
    found = problems(path, ["train.seed=x", "model=[]", "train.seed=y", "train.epochs=x"])
    assert [line.partition(": ")[0] for line in found] == [
        "c.yaml:1:1",
        "--set model=[]",
        "--set train.seed=y",
        "--set train.epochs=x",
    ]


def test_an_override_repairs_the_file(tmp_path: Path) -> None:
    path = write(tmp_path)
    broken = write(tmp_path, path.read_text().replace("epochs: 2", "epochs: two"), "broken.yaml")
    assert load(broken, ["train.epochs=2", "name=c"]) == load(path)
