"""The class that a binary figure is about: the rarer one in training, or the one that is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from dltool.config.experiment import TARGETS, Task
from dltool.errors import InputError
from dltool.metrics.metric import Answers, by_name, positive_classes
from dltool.registry import registered

#: 50 rows, 5 of them fraud, of which 2 are found, beside 1 that is none
TRUE = np.arange(50) < 5
CALLED = np.isin(np.arange(50), [0, 1, 30])
FOUND = {"precision": 2 / 3, "recall": 2 / 5, "f1": 4 / 8}
OTHER = {"precision": 44 / 47, "recall": 44 / 45, "f1": 88 / 92}


def figure(name: str, answers: Answers, place: int, **fields: Any) -> Any:
    """Of the rows above, in which class number `place` is fraud."""
    chances = np.where((place == 1) == CALLED, 0.9, 0.1).astype(np.float32)
    gathered = registered("metric")[name].model_validate(fields).start(answers)
    gathered.update(np.stack([1 - chances, chances], axis=1), np.where(TRUE, place, 1 - place))
    return gathered.result()


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize(("names", "positive"), [(("fraud", "legit"), 0), (("no", "yes"), 1), (("False", "True"), 1)])
def test_names_of_classes_do_not_change_a_figure(name: str, names: tuple[str, str], positive: int) -> None:
    shares = (0.1, 0.9) if positive == 0 else (0.9, 0.1)
    answers = Answers("classes", names, shares)
    assert figure(name, answers, positive) == pytest.approx(FOUND[name])
    assert registered("metric")[name]().about(answers) == names[positive]


@pytest.mark.parametrize(
    ("names", "shares", "given", "about"),
    [
        (("fraud", "legit"), (0.1, 0.9), "legit", "legit"),
        (("a", "b"), (0.5, 0.5), None, "b"),
        (("a", "b"), (), None, "b"),  # nothing is known of their shares
        (("-1", "1"), (0.1, 0.9), 1, "1"),
        (("false", "true"), (0.1, 0.9), True, "true"),
        (("a", "b", "c"), (0.1, 0.4, 0.5), "b", "b"),
        (("a", "b", "c"), (0.1, 0.4, 0.5), None, None),
    ],
)
def test_what_a_figure_is_about(
    names: tuple[str, ...], shares: tuple[float, ...], given: Any, about: str | None
) -> None:
    metrics = [registered("metric")["f1"](positive=given), registered("metric")["accuracy"]()]
    assert positive_classes(metrics, Answers("classes", names, shares)) == ({"f1": about} if about else {})


@pytest.mark.parametrize("name", FOUND)
def test_the_named_class_is_judged(name: str) -> None:
    answers = Answers("classes", ("fraud", "legit"), (0.1, 0.9))
    assert figure(name, answers, 0, positive="legit") == pytest.approx(OTHER[name])


def test_one_of_several_labels_is_judged() -> None:
    gathered = registered("metric")["recall"](positive="v").start(Answers("multilabel", ("u", "v")))
    gathered.update(np.float32([[0.9, 0.9], [0.9, 0.1], [0.9, 0.9]]), np.array([[0, 1], [0, 1], [1, 0]]))
    assert gathered.result() == 0.5


@pytest.mark.parametrize("task", ["classes", "multilabel"])
def test_a_class_that_is_not_there_is_refused(task: Task) -> None:
    message = f"f1 has positive 'fruad', which is not one of the {TARGETS[task]}; did you mean 'fraud'?"
    with pytest.raises(InputError) as caught:
        registered("metric")["f1"](positive="fruad").start(Answers(task, ("fraud", "legit")))
    assert message in str(caught.value)


def test_an_average_over_all_is_about_none() -> None:
    with pytest.raises(ValidationError, match="average macro covers all classes or labels; leave out positive"):
        registered("metric")["f1"](average="macro", positive="fraud")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ([("f1", {})], ["f1"]),
        ([("f1", {"average": "macro"})], ["f1"]),
        ([("f1", {"average": "macro"}), ("f1", {"average": "micro"})], ["f1_macro", "f1_micro"]),
        ([("f1", {}), ("f1", {"average": "macro"}), ("auc", {})], ["f1", "f1_macro", "auc"]),
        ([("top_k", {"k": 2}), ("top_k", {"k": 3})], ["top_k_2", "top_k_3"]),
        ([("f1", {"positive": "a"}), ("f1", {"positive": "b"})], ["f1_a", "f1_b"]),
    ],
)
def test_figures_of_one_metric_have_names_of_their_own(given: list[tuple[str, Any]], names: list[str]) -> None:
    assert list(by_name([registered("metric")[name](**fields) for name, fields in given])) == names
