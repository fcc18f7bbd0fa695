"""Ends of networks that do not fit their loss or targets, and layers that act as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dltool.config.loading import load
from dltool.data.dataset.opening import open_dataset
from dltool.program.building import build_network
from dltool.program.lint import lint

NUMBERS = "data: {synthetic: {features: 6, targets: 1, rows: 50}}\nloss: mse"
CLASSES = "data: {synthetic: {features: 6, classes: 3, rows: 50}}\nloss: cross_entropy"
BINARY = "data: {synthetic: {features: 6, classes: 2, rows: 50}}\nloss: binary_cross_entropy"
IMAGES = "data: {synthetic: {features: [8, 8, 16], classes: 3, rows: 50}}\nloss: cross_entropy"
END = "global_average_pool, {dense: classes}]"
RELU = "[{dense: {units: 8, activation: relu}}"


@pytest.mark.parametrize(
    ("config", "model", "finding"),
    [
        (NUMBERS, f"{RELU}, {{dense: targets}}]", None),
        (CLASSES, f"{RELU}, {{dense: classes}}]", None),
        (CLASSES, f"{RELU}, {{dense: classes}}, softmax]", None),  # is left out of the loss anyway
        (BINARY, f"{RELU}, {{dense: {{units: 1, activation: sigmoid}}}}]", None),
        (
            NUMBERS,
            f"{RELU}, {{dense: targets}}, relu]",
            "warning: relu_1: relu gives no value below 0, but targets, as scaled, are LOW … HIGH; leave the relu out",
        ),
        (
            NUMBERS,
            f"{RELU}, {{dense: {{units: targets, activation: sigmoid}}}}]",
            "warning: dense_2: sigmoid gives values from 0 to 1, but targets, as scaled, are LOW … HIGH; leave"
            " the sigmoid out",
        ),
        (
            NUMBERS,
            f"{RELU}, {{dense: targets}}, softmax]",
            "warning: softmax_1: softmax over a single value is always 1; leave the softmax out",
        ),
        (
            CLASSES,
            f"{RELU}, {{dense: {{units: classes, activation: sigmoid}}}}]",
            "warning: dense_2: sigmoid gives values from 0 to 1, where scores of classes should be free, so the loss"
            " cannot fall below 0.55; leave the sigmoid out",
        ),
        (
            CLASSES,
            f"{RELU}, {{dense: {{units: classes, activation: relu}}}}]",
            "warning: dense_2: relu gives no value below 0, where scores of classes should be free; leave the relu out",
        ),
        (
            BINARY,
            f"{RELU}, {{dense: {{units: 1, activation: tanh}}}}]",
            "warning: dense_2: tanh gives values from -1 to 1, so no probability leaves 0.27 … 0.73; leave"
            " the tanh out",
        ),
        (
            CLASSES,
            f"{RELU}, {{dense: classes}}, {{dropout: 0.1}}]",
            "warning: dropout_1: dropout as the last layer spoils predictions in training; put it before the"
            " last dense",
        ),
        (
            CLASSES,
            "[{dense: 8}, {dropout: 0.1}, {dense: classes}]",
            "note: dense_1: with no activation between them, dense_1 and dense_2 act as one; give the first one an"
            " activation, such as relu",
        ),
        *(
            (
                IMAGES,
                f"[{{{kind}: {first}}}, {{{kind}: {second}}}, relu, {END}",
                f"note: {kind}_1: with no activation between them, {kind}_1 and {kind}_2 act as one; give the first one"
                " an activation, such as relu",
            )
            for kind, first, second in (
                ("conv2d", "{filters: 16, kernel: 2}", "{filters: 16, kernel: 2}"),
                ("conv2d", "{filters: 16, kernel: 3}", "{filters: 16, kernel: 3}"),
                ("depthwise_conv2d", "3", "3"),
            )
        ),
        (IMAGES, f"[{{depthwise_conv2d: 3}}, {{conv2d: {{filters: 16, kernel: 1}}}}, relu, {END}", None),
    ],
)  # fmt: skip
def test_lint(config: str, model: str, finding: str | None, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(f"{config}\nmodel: {model}\n")
    experiment = load(tmp_path / "c.yaml")
    dataset = open_dataset(experiment.data, [])
    network = build_network(experiment, dataset.signature, training=True, rows=8)
    targets = dataset.parts["train"].rows(0, 50).targets
    span = {"LOW": f"{targets.min():.2g}", "HIGH": f"{targets.max():.2g}"}
    for word, number in span.items():
        finding = finding and finding.replace(word, number)
    assert [str(found) for found in lint(network, targets)] == ([finding] if finding else [])
