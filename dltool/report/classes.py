"""Results by class or label: matrix, tables, calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dltool.formatting import number
from dltool.metrics.threshold import deciding
from dltool.report.calibration import calibration
from dltool.report.content import Content
from dltool.report.formats import short
from dltool.report.markup import Markup, element, table
from dltool.report.matrix import confusion_matrix, confusions

#: rows of a table; of more, those with the lowest f1 are shown
SHOWN = 15

Report = Mapping[str, Any]


def classes(content: Content) -> Markup | None:
    """The section of a classifier."""
    if content.measured is None or "classes" not in content.measured.results:
        return None
    results = content.measured.results
    names, matrix = results["classes"], results["confusion_matrix"]
    listed = confusions(names, matrix) if len(names) > 2 else None
    return element(
        "section",
        element("h2", "Classes"),
        _threshold(content),
        element(
            "div",
            element("div", confusion_matrix(names, matrix), _per_name("Every class", "class", results["per_class"])),
            element("div", calibration(results["calibration"]), listed),
            class_="halves",
        ),
        id="classes",
    )


def _threshold(content: Content) -> Markup | None:
    """Where the decision lies, if not at 0.5."""
    metric = deciding(content.experiment.metrics)
    if content.threshold is None or metric is None:
        return None
    name, value = content.threshold
    why = f"the best {metric.yaml_name} on the validation part" if metric.threshold == "best" else "set in the config"
    return element("p", f"{name} is predicted from a probability of {short(value)} on ({why}).")


def labels(content: Content) -> Markup | None:
    """The section of a multilabel network."""
    if content.measured is None or "per_label" not in content.measured.results:
        return None
    results = content.measured.results
    return element(
        "section",
        element("h2", "Labels"),
        element(
            "div",
            element("div", _per_name("Every label", "label", results["per_label"])),
            element("div", calibration(results["calibration"])),
            class_="halves",
        ),
        id="labels",
    )


def _per_name(title: str, what: str, reports: Sequence[Report]) -> Markup:
    """Precision, recall and f1 as numbers and bars; for many classes the worst first."""
    heading = element("h3", title)
    if len(reports) <= SHOWN:
        return element("div", heading, _table(what, reports))
    worst = sorted(reports, key=lambda report: report["f1"])[:SHOWN]
    everything = element("details", element("summary", f"all {len(reports)}"), _table(what, reports))
    return element("div", element("h3", f"{title}: the {SHOWN} with the lowest f1"), _table(what, worst), everything)


def _table(what: str, reports: Sequence[Report]) -> Markup:
    rows = [
        (report[what], *(_bar(report[name]) for name in ("precision", "recall", "f1")), f"{report['support']:,}")
        for report in reports
    ]
    return table((what, "precision", "recall", "f1", "rows"), rows, right=(1, 2, 3, 4))


def _bar(value: float) -> Markup:
    return element("td", number(value), class_="number share", style=f"--share: {100 * value:.1f}%")
