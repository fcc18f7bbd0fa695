"""How losses join a network: what they fuse, what they warn of, what they refuse."""

from __future__ import annotations

from math import e, log
from typing import Any

import numpy as np
import pytest

from dltool.errors import InputError
from dltool.kernels.reference import find
from dltool.losses import link
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
    classes: tuple[str, ...] = (),
    compat: str | None = None,
    **fields: Any,
) -> tuple[Graph, Value, Built]:
    """The loss `name` behind a network that ends in the op `last`."""
    graph = Graph(training=True, outputs=len(classes) or 3, compat=compat)
    loss = registered("loss")[name].model_validate(fields, context={"compat": compat})
    x = graph.data("x", values)
    prediction = graph.apply(last, x) if last else x
    return graph, x, loss.build(graph, prediction, graph.data("target", *target), classes=classes)


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
    _, x, built = build(name, last=last, compat=compat, values=values, target=target)
    assert built.row_loss.shape == ()
    assert built.link == expected
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
    ],
)
@pytest.mark.parametrize(("compat", "inputs"), [(None, 3), ("torch", 4)])
def test_class_weights_reach_the_op(
    fields: dict[str, Any], expected: list[float], compat: str | None, inputs: int
) -> None:
    _, _, built = build("cross_entropy", classes=CLASSES, compat=compat, **fields)
    node = built.row_loss.producer
    assert node is not None
    assert len(node.inputs) == inputs  # the last one divides by the batch's weights
    weights = node.inputs[2]
    assert weights.initial is not None
    assert weights.initial(weights.shape, np.random.default_rng(0)).tolist() == expected


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
        {"target": NUMBERS},
        "loss: cross_entropy needs a target of classes, this one holds numbers; use mse",
    ),
    (
        "cross_entropy",
        {"values": (4,)},
        "needs 3 values, one for each class; the model gives [4]; end the model with dense",
    ),
    ("cross_entropy", {"values": (2, 3)}, "the model gives [2, 3]; put flatten before it"),
    ("cross_entropy", {"classes": ("a",), "values": (1,)}, "needs at least two classes, the data has one"),
    ("cross_entropy", {"class_weights": [1.0]}, "has 1 class_weights, the data 3 classes"),
    (
        "cross_entropy",
        {"classes": ("cat", "dog", "cow"), "class_weights": {"dgo": 2.0}},
        "has a weight for class 'dgo', not in the data; did you mean 'dog'?",
    ),
    (
        "binary_cross_entropy",
        {"classes": CLASSES, "target": ONE},
        "needs two classes, the data has 3; use cross_entropy",
    ),
    (
        "binary_cross_entropy",
        {"values": (2,), "target": ONE},
        "needs [1] values, the model gives [2]; end the model with",
    ),
    ("mse", {}, "mse needs a target of numbers, this one holds classes; use cross_entropy"),
    ("huber", {"values": (3,), "target": NUMBERS}, "needs [2] values, the model gives [3]; end the model with dense"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_wrong_pairings_say_what_to_do(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        build(name, **arguments)
    assert message in str(error.value)


def test_links() -> None:
    outputs = np.array([[1000.0, 1001.0], [-1000.0, -1000.0]], np.float32)
    softmax = link("softmax", outputs)
    np.testing.assert_allclose(softmax, [[1 / (1 + e), e / (1 + e)], [0.5, 0.5]], rtol=1e-6)
    sigmoid = link("sigmoid", np.array([[-1000.0], [-20.0], [0.0], [3.0], [1000.0]], np.float32))
    np.testing.assert_allclose(sigmoid[:, 0], [0, 1 / (1 + np.exp(20)), 0.5, 1 / (1 + np.exp(-3)), 1], rtol=1e-6)
    assert softmax.dtype == sigmoid.dtype == np.float32
    assert link("identity", outputs) is outputs
