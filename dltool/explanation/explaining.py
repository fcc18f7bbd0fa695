"""Explains a trained network on samples: columns, steps, words, and a few single predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dltool.data.inspection.sample_images import picture_shape
from dltool.data.preprocessing.features import TablePreparation
from dltool.data.samples.samples import Samples
from dltool.errors import InputError
from dltool.explanation.dependence import Dependence, dependence
from dltool.explanation.examples import EXAMPLES, TEXTS, Examples, Explained
from dltool.explanation.groups import Group, columns, steps
from dltool.explanation.importance import Importance, importances
from dltool.explanation.regions import windows
from dltool.explanation.scores import main_metric, score
from dltool.explanation.words import Word, texts
from dltool.program.summary import step_flops
from dltool.training.prediction import Predictor

#: columns whose partial dependence is shown
DEPENDENCES = 6


@dataclass(frozen=True)
class Explanation:
    """What the predictions for some rows depend on."""

    rows: int
    shuffles: int
    loss: float
    metric: str  # its name
    value: float
    columns: Sequence[Importance]  # the most important first
    steps: Sequence[Importance]  # in the order of time
    dependences: Sequence[Dependence]
    words: Sequence[Word]  # the strongest first
    examples: Sequence[Explained]


def require_explainable(predictor: Predictor) -> None:
    """Raises InputError for a network whose inputs are also what it predicts."""
    predictor.require_rows()
    if predictor.signature.task == "inputs":
        raise InputError("this network reconstructs its inputs, so whatever shuffles one changes its target as well")


def work(predictor: Predictor, shuffles: int) -> tuple[float, float]:
    """Multiplications and additions that an explanation takes: for each row, and for its examples."""
    preparation = predictor.preprocessing.features
    row = step_flops(predictor.network) / predictor.network.rows
    of_columns, of_steps = _groups(predictor)
    changed = EXAMPLES * len(of_steps)
    if shape := picture_shape(preparation):
        changed = EXAMPLES * len(windows(*shape[:2]))
    if found := texts(preparation):
        changed = TEXTS * found[0].field.length
    return row * shuffles * (len(of_columns) + len(of_steps)), row * changed


def explain(
    predictor: Predictor, samples: Samples, *, shuffles: int, progress: Callable[[float], None] = lambda share: None
) -> Explanation:
    """Explain the predictions for prepared samples with targets; `progress` gets the share of groups that are done."""
    (name, metric), (of_columns, of_steps) = main_metric(predictor), _groups(predictor)
    before = score(predictor, samples, metric)
    groups = [*of_columns, *of_steps]
    found = []
    for one in importances(predictor, samples, groups, metric, shuffles=shuffles):
        found.append(one)
        progress(len(found) / len(groups))
    ranked = sorted(found[: len(of_columns)], key=lambda one: -float(one.loss.mean()))
    made, words = Examples(predictor, samples).made(of_steps)
    return Explanation(
        rows=len(samples),
        shuffles=shuffles,
        loss=before.loss,
        metric=name,
        value=before.metric if metric.better == "higher" else -before.metric,
        columns=ranked,
        steps=found[len(of_columns) :],
        dependences=_dependences(predictor, samples, of_columns, ranked),
        words=words,
        examples=made,
    )


def _groups(predictor: Predictor) -> tuple[list[Group], list[Group]]:
    """The columns, and the groups of steps; neither for images, whose pixels mean nothing alone.

    A single channel, or a single column of text, is all there is, so only its steps or words differ.
    """
    preparation, source = predictor.preprocessing.features, predictor.experiment.data.source
    if picture_shape(preparation) is not None:
        return [], []
    of_columns, of_steps = columns(predictor.signature, preparation, source), steps(preparation, source)
    alone = len(of_columns) == 1 and (of_steps or texts(preparation))
    return [] if alone else of_columns, of_steps


def _dependences(
    predictor: Predictor, samples: Samples, groups: Sequence[Group], ranked: Sequence[Importance]
) -> list[Dependence]:
    """Those of the most important columns of a table, of texts apart."""
    if not isinstance(predictor.preprocessing.features, TablePreparation):
        return []
    by_name = {group.name: group for group in groups}
    found: list[Dependence] = []
    for one in ranked:
        if len(found) < DEPENDENCES and (made := dependence(predictor, samples, by_name[one.name])):
            found.append(made)
    return found
