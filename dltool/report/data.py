"""What the network was trained on: parts, features, and how often each class occurs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from dltool.data.signature import Signature
from dltool.report.axes import linear_axis
from dltool.report.charts import Chart, figure, sparkline
from dltool.report.columns import ColumnSummary
from dltool.report.content import Content
from dltool.report.formats import share, short
from dltool.report.markup import Markup, element, joined, table
from dltool.report.pictures import picture, pictures_of

#: features and classes that are shown at once, targets that are drawn, pictures, bars of a histogram
FEATURES, CLASSES, TARGETS, PICTURES, BARS = 25, 20, 4, 16, 40


def data(content: Content) -> Markup:
    """The section on the data."""
    rows = content.signature.rows
    total = sum(rows.values())
    parts = table(("part", "rows", "share"), [(part, f"{n:,}", share(n / total)) for part, n in rows.items()], right=(1, 2))
    notes = element("ul", [element("li", note) for note in content.notes]) if content.notes else None
    return element(
        "section",
        element("h2", "Data"),
        element("div", element("div", parts), element("div", notes), class_="halves"),
        _features(content),
        _targets(content),
        id="data",
    )


def _features(content: Content) -> Markup:
    shown = pictures_of(content.preparation, content.sample)
    looked = len(content.sample)
    rows = "the training part" if looked == content.signature.rows["train"] else f"{looked:,} rows of the training part"
    if shown is not None:
        step = max(1, len(shown) // PICTURES)
        drawn = [picture(one, _target(content.signature, content.sample.targets[i * step])) for i, one in enumerate(shown[::step][:PICTURES])]
        return joined(
            element("h3", f"Features: pictures of {shown.shape[2]} × {shown.shape[1]}"),
            element("div", drawn, class_="pictures"),
            _folded(content.columns) if len(content.columns) > 1 else _table(content.columns),
        )
    title = element("h3", f"{len(content.columns):,} features, as in {rows}" if len(content.columns) > 1 else "Features")
    if len(content.columns) <= FEATURES:
        return joined(title, _table(content.columns))
    return joined(title, _table(content.columns[:FEATURES]), _folded(content.columns[FEATURES:]))


def _folded(columns: Sequence[ColumnSummary]) -> Markup:
    return element("details", element("summary", f"{len(columns):,} columns"), _table(columns))


def _table(columns: Iterable[ColumnSummary]) -> Markup:
    rows = [
        (one.name, one.kind, share(one.missing) if one.missing else "–", one.facts, sparkline(one.heights), one.becomes)
        for one in columns
    ]
    return table(("feature", "kind", "missing", "statistics", "distribution", "becomes"), rows, right=(2,))


def _targets(content: Content) -> Markup:
    """How often each class or label occurs, or how numbers are distributed."""
    signature = content.signature
    if signature.task == "numbers":
        return element("div", [_distribution(content, i) for i in range(len(signature.targets[:TARGETS]))], class_="figures")
    return joined(element("h3", "Rows of each class" if signature.classes else "Rows with each label"), _balance(content))


def _balance(content: Content) -> Markup:
    signature, measured = content.signature, content.measured
    names, train = signature.classes or signature.targets, signature.rows["train"]
    counts = signature.class_counts or (0,) * len(names)
    header, right = ["class" if signature.classes else "label", "train", "share"], [1, 2]
    most = max(counts, default=1) or 1
    rows: list[list[str]] = []
    for name, count in zip(names, counts, strict=True):
        bar = element("td", share(count / train), class_="number share", style=f"--share: {100 * count / most:.1f}%")
        rows.append([name, f"{count:,}", bar])
    if measured and measured.part != "train":
        header, right = [*header, measured.part], [*right, 3]
        reports = measured.figures.get("per_class") or measured.figures["per_label"]
        rows = [[*row, f"{report['support']:,}"] for row, report in zip(rows, reports, strict=True)]
    if len(rows) <= CLASSES:
        return table(header, rows, right=right)
    order = sorted(range(len(rows)), key=lambda i: -counts[i])
    ends = [rows[i] for i in (*order[:5], *order[-5:])]
    everything = element("details", element("summary", f"all {len(rows)}"), table(header, rows, right=right))
    return joined(element("p", "The five most frequent and the five rarest:"), table(header, ends, right=right), everything)


def _distribution(content: Content, index: int) -> Markup:
    name = content.signature.targets[index]
    values = content.signature.own_units(content.sample.targets)[:, index]
    counts, edges = np.histogram(values, bins=BARS)
    chart = Chart(
        linear_axis(edges.tolist()), linear_axis([0.0, float(counts.max())], low=0.0),
        f"distribution of the target {name}", x_title=name,
    )  # fmt: skip
    titles = [f"{short(a)} to {short(b)}: {n:,} rows" for a, b, n in zip(edges[:-1], edges[1:], counts.tolist(), strict=True)]
    chart.bars(edges.tolist(), counts.tolist(), titles, "train")
    mean, deviation = short(float(values.mean())), short(float(values.std()))
    return figure(f"target: {name}", chart.drawn(), note=f"Mean {mean}, standard deviation {deviation}, in the training part.")


def _target(signature: Signature, target: np.ndarray) -> str:
    """What is true of a sample, in a word."""
    if signature.classes:
        return signature.classes[int(target)]
    if signature.task == "labels":
        return ", ".join(name for name, one in zip(signature.targets, target.tolist(), strict=True) if one > 0.5)
    return ", ".join(map(short, signature.own_units(target[None])[0].tolist()))
