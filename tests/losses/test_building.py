"""How losses join a network: what they fuse, what they warn of, what they refuse."""

from __future__ import annotations

from math import e, log
from typing import Any

import numpy as np
import pytest

from dltool.errors import InputError
from dltool.kernels.reference import find
from dltool.losses import activate
from dltool.losses.loss import Built
from dltool.ops.graph import Graph, Value
from dltool.registry import registered

LABELS = ((), "int64")
CLASSES = ("a", "b", "c")


def build(
    name: str,
    *,
    last: str | None = None,
    values: tuple[int, ...] = (3,),
    target: tuple[tuple[int, ...], str] = LABELS,
    classes: tuple[str, ...] | dict[str, float] = CLASSES,
    output_kind: Any = None,
    compat: str | None = None,
    **fields: Any,
) -> tuple[Graph, Value, Built]:
    """The loss `name` behind a network that ends in the op `last`."""
    shares = classes if isinstance(classes, dict) else dict.fromkeys(classes, 1 / max(1, len(classes)))
    graph = Graph(training=True, outputs=len(shares) or 3, output_kind=output_kind, compat=compat)
    loss = registered("loss")[name].model_validate(fields, context={"compat": compat})
    x = graph.data("x", values)
    prediction = graph.apply(last, x) if last else x
    return graph, x, loss.build(graph, prediction, graph.data("target", *target), classes=shares)


NUMBERS = ((2,), "float32")
ONE = ((1,), "float32")
# loss, last op, framework, values, target: link, is the last op bypassed
TABLE: list[tuple[str, str | None, str | None, tuple[int, ...], Any, str, bool]] = [
    ("cross_entropy", None, None, (3,), LABELS, "softmax", False),
    ("cross_entropy", "softmax", None, (3,), LABELS, "softmax", True),
    ("cross_entropy", "softmax", "keras", (3,), LABELS, "softmax", True),
    ("cross_entropy", "softmax", "mxnet", (3,), LABELS, "softmax", True),
    ("cross_entropy", "softmax", "torch", (3,), LABELS, "identity", False),
    ("cross_entropy", None, "torch", (3,), LABELS, "softmax", False),
    ("focal", None, None, (3,), LABELS, "softmax", False),
    ("focal", "softmax", None, (3,), LABELS, "softmax", True),
    ("binary_cross_entropy", None, None, (1,), ONE, "sigmoid", False),
    ("binary_cross_entropy", "sigmoid", None, (1,), ONE, "sigmoid", True),
    ("binary_cross_entropy", "sigmoid", "torch", (1,), ONE, "sigmoid", True),
    ("mse", None, None, (2,), NUMBERS, "identity", False),
    ("mae", "sigmoid", None, (2,), NUMBERS, "identity", False),
    ("huber", None, None, (2,), NUMBERS, "identity", False),
]


@pytest.mark.parametrize(("name", "last", "compat", "values", "target", "expected", "bypassed"), TABLE)
def test_a_loss_takes_the_values_it_needs(
    name: str, last: str | None, compat: str | None, values: tuple[int, ...], target: Any, expected: str, bypassed: bool
) -> None:
    classes = {LABELS: CLASSES, ONE: ("no", "yes"), NUMBERS: ()}[target]
    _, x, built = build(name, last=last, compat=compat, values=values, target=target, classes=classes)
    assert built.row_loss.shape == ()
    assert built.output_activation == expected
    assert (built.output is x) == (bypassed or last is None)
    node = built.row_loss.producer
    assert node is not None
    assert node.op.yaml_name == name
    assert node.inputs[0] is built.output


def test_only_a_double_softmax_warns_and_states_the_floor() -> None:
    graph, _, _ = build("cross_entropy", last="softmax", compat="torch")
    assert f"cannot fall below {log(1 + 2 / e):.4f}" in graph.warnings[0]
    graph, _, _ = build("cross_entropy", last="softmax")
    assert graph.warnings == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"class_weights": [1.0, 2.0, 0.5]}, [1.0, 2.0, 0.5]),
        ({"class_weights": {"c": 3.0}}, [1.0, 1.0, 3.0]),
        ({"class_weights": "balanced"}, [2 / 3, 4 / 3, 4 / 3]),
    ],
)
@pytest.mark.parametrize(("compat", "divides"), [(None, False), ("torch", True)])
def test_class_weights_reach_the_op(
    fields: dict[str, Any], expected: list[float], compat: str | None, divides: bool
) -> None:
    shares = {"a": 0.5, "b": 0.25, "c": 0.25}
    _, _, built = build("cross_entropy", classes=shares, compat=compat, **fields)
    assert _constant(built).tolist() == pytest.approx(expected)
    divisors = built.class_weights
    assert divisors is None if not divides else divisors is not None and divisors.tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("compat", "fields", "each_class"),
    [
        ("torch", {"class_weights": [1, 2, 3], "label_smoothing": 0.1}, 1),
        (None, {"class_weights": [1, 2, 3], "label_smoothing": 0.1}, 0),
        (None, {"class_weights": [1, 2, 3], "label_smoothing": 0.1, "weigh": "classes"}, 1),
        ("torch", {"class_weights": [1, 2, 3]}, 0),  # the same without smoothing
        ("torch", {"label_smoothing": 0.1}, 0),
    ],
)
def test_pytorch_weighs_the_smoothed_term_of_each_class(
    compat: str | None, fields: dict[str, Any], each_class: int
) -> None:
    _, _, built = build("cross_entropy", compat=compat, **fields)
    node = built.row_loss.producer
    assert node is not None
    assert node.attributes["each_class"] == each_class


def test_balanced_weights_of_a_class_that_does_not_occur() -> None:
    _, _, built = build("cross_entropy", classes={"a": 0.8, "b": 0.2, "c": 0.0}, class_weights="balanced")
    assert _constant(built).tolist() == pytest.approx([0.625, 2.5, 1.0])


TWO = {"no": 0.8, "yes": 0.2}
TAGS = {"u": 0.25, "v": 0.5, "w": 0.0}


@pytest.mark.parametrize(
    ("given", "classes", "expected"),
    [
        ("balanced", TWO, [4.0]),
        (3.0, TWO, [3.0]),
        ("balanced", TAGS, [3.0, 1.0, 1.0]),
        (3.0, TAGS, [3.0, 3.0, 3.0]),
        ({"w": 5.0}, TAGS, [1.0, 1.0, 5.0]),
        ([1.0, 2.0, 3.0], TAGS, [1.0, 2.0, 3.0]),
    ],
)
def test_positive_weights_reach_the_op(given: Any, classes: dict[str, float], expected: list[float]) -> None:
    count = len(expected)
    _, _, built = build(
        "binary_cross_entropy",
        values=(count,),
        target=((count,), "float32"),
        classes=classes,
        output_kind="classes" if classes is TWO else "targets",
        positive_weight=given,
    )
    assert _constant(built).tolist() == pytest.approx(expected)


def _constant(built: Built) -> np.ndarray:
    """What weighs the loss."""
    assert built.row_loss.producer is not None
    weights = built.row_loss.producer.inputs[2]
    assert weights.initial is not None
    return weights.initial(weights.shape, np.random.default_rng(0))


def test_classes_may_be_named_by_number() -> None:
    _, _, built = build("cross_entropy", classes=("0", "1"), values=(2,), class_weights={1: 2.0})
    assert built.row_loss.producer is not None
    assert len(built.row_loss.producer.inputs) == 3


def test_mxnet_spreads_smoothing_over_the_other_classes() -> None:
    _, _, built = build("cross_entropy", compat="mxnet", label_smoothing=0.2)
    assert built.row_loss.producer is not None
    logits = np.array([[2.0, -1.0, 0.5]])
    loss, _ = find("cross_entropy")(logits, np.array([0]), **built.row_loss.producer.attributes)
    log_probabilities = logits[0] - np.log(np.exp(logits[0]).sum())
    assert loss[0] == pytest.approx(-log_probabilities @ [0.8, 0.1, 0.1])


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "cross_entropy",
        {"target": NUMBERS, "classes": ()},
        "loss: cross_entropy needs a target of classes, but this one holds numbers; use mse",
    ),
    (
        "cross_entropy",
        {"values": (4,)},
        "needs 3 outputs, one for each class, but the model returns shape [4]; end the model with dense",
    ),
    ("cross_entropy", {"values": (2, 3)}, "the model returns shape [2, 3]; put flatten before it"),
    ("cross_entropy", {"classes": ("a",), "values": (1,)}, "needs at least two classes, but the data has one"),
    (
        "cross_entropy",
        {"target": NUMBERS, "classes": ("a", "b"), "output_kind": "targets"},
        "needs a target of classes, but this one holds labels; use binary_cross_entropy",
    ),
    (
        "cross_entropy",
        {"class_weights": [1.0]},
        "has 1 class_weights, but the data has 3 names; give one weight for each",
    ),
    (
        "cross_entropy",
        {"classes": ("cat", "dog", "cow"), "class_weights": {"dgo": 2.0}},
        "has a weight for 'dgo', which is not in the data; did you mean 'dog'?",
    ),
    (
        "binary_cross_entropy",
        {"classes": CLASSES, "target": ONE},
        "needs two classes, but the data has 3; use cross_entropy",
    ),
    (
        "binary_cross_entropy",
        {"values": (2,), "target": ONE, "classes": ("no", "yes")},
        "needs outputs of shape [1], but the model returns [2]; end the model with dense: {units: 1}",
    ),
    (
        "binary_cross_entropy",
        {"values": (3,), "target": NUMBERS, "classes": ("a", "b"), "output_kind": "targets"},
        "needs outputs of shape [2], but the model returns [3]; end the model with dense: {units: targets}",
    ),
    (
        "binary_cross_entropy",
        {"values": (2,), "target": NUMBERS, "classes": ()},
        "needs a target of two classes or of labels, but this one holds numbers; use mse, mae or huber",
    ),
    (
        "mse",
        {"values": (2,), "target": NUMBERS, "classes": ("a", "b"), "output_kind": "targets"},
        "needs a target of numbers, but this one holds labels; use binary_cross_entropy",
    ),
    ("mse", {}, "mse needs a target of numbers, but this one holds classes; use cross_entropy, or task: numbers"),
    (
        "huber",
        {"values": (3,), "target": NUMBERS, "classes": ()},
        "needs outputs of shape [2], but the model returns [3]; end the model with dense",
    ),
]


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_wrong_pairings_say_what_to_do(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        build(name, **arguments)
    assert message in str(error.value)


def test_links() -> None:
    outputs = np.array([[1000.0, 1001.0], [-1000.0, -1000.0]], np.float32)
    softmax = activate("softmax", outputs)
    np.testing.assert_allclose(softmax, [[1 / (1 + e), e / (1 + e)], [0.5, 0.5]], rtol=1e-6)
    sigmoid = activate("sigmoid", np.array([[-1000.0], [-20.0], [0.0], [3.0], [1000.0]], np.float32))
    np.testing.assert_allclose(sigmoid[:, 0], [0, 1 / (1 + np.exp(20)), 0.5, 1 / (1 + np.exp(-3)), 1], rtol=1e-6)
    assert softmax.dtype == sigmoid.dtype == np.float32
    assert activate("identity", outputs) is outputs
