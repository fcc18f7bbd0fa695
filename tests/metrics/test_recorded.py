"""Metrics give scikit-learn's figures on hard cases: ties, absent classes, saturated scores, one row, all alike."""

from __future__ import annotations

import json

import pytest

from dltool.config.experiment import Task
from dltool.metrics.metric import Answers
from dltool.registry import registered

from . import recorded

CASES = {"classes": recorded.classes(), "multilabel": recorded.labels(), "numbers": recorded.numbers()}
FOUND = json.loads(recorded.GOLDEN.read_text())


@pytest.mark.parametrize(
    ("task", "case", "figure"),
    [(task, case, figure) for task, cases in FOUND.items() for case, figures in cases.items() for figure in figures],
)
def test_a_figure_is_scikit_learn_s(task: Task, case: str, figure: str) -> None:
    predictions, targets = CASES[task][case]
    name, _, average = figure.partition(" ")
    field = "weights" if name == "cohen_kappa" else "average"
    fields = {"positive": int(average)} if average.isdecimal() else {field: average} if average else {}
    answers = Answers(task, tuple(str(i) for i in range(predictions.shape[1])))
    gathered = registered("metric")[name].model_validate(fields).start(answers)
    gathered.update(predictions, targets)
    assert gathered.result() == pytest.approx(FOUND[task][case][figure], rel=1e-9, abs=1e-12)


def test_every_metric_of_scikit_learn_but_two_is_recorded() -> None:
    names = {figure.partition(" ")[0] for cases in FOUND.values() for figures in cases.values() for figure in figures}
    # of equal scores scikit-learn's top_k takes the last class first, argmax and dltool the first
    of_rows = {name for name, metric in registered("metric").items() if "tokens" not in metric.tasks}
    assert names == of_rows - {"confusion_matrix", "top_k", "mase", "smape", "quantile_loss"}
