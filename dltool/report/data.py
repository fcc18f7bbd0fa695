"""What the network was trained on: parts, features, and how often each class occurs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dltool.data.inspection.sample_images import pictures_of
from dltool.data.samples.samples import joined_samples
from dltool.report.answers import truth
from dltool.report.charts import figure, sparkline
from dltool.report.columns import ColumnSummary
from dltool.report.content import Content
from dltool.report.formats import share, short
from dltool.report.histogram import histogram
from dltool.report.markup import Markup, element, joined, table
from dltool.report.pictures import picture

#: features and classes that are shown at once, targets that are drawn, pictures
FEATURES, CLASSES, TARGETS, PICTURES = 25, 20, 4, 16


def data(content: Content) -> Markup:
    """The section on the data."""
    rows = content.signature.rows
    total = sum(rows.values())
    parts = table(
        ("part", "rows", "share"), [(part, f"{n:,}", share(n / total)) for part, n in rows.items()], right=(1, 2)
    )
    notes = element("ul", [element("li", note) for note in content.notes]) if content.notes else None
    task = content.signature.task
    ways = {"numbers": lambda content: _distribution(content, 0), "tokens": lambda content: None}
    target = ways.get(task, _balance)(content) if task != "inputs" else None
    others = [_distribution(content, index) for index in range(1, len(content.signature.targets[:TARGETS]))]
    return element(
        "section",
        element("h2", "Data"),
        element("div", element("div", parts, notes), target, class_="halves"),
        element("div", others, class_="figures") if others and task == "numbers" else None,
        _features(content),
        id="data",
    )


def _features(content: Content) -> Markup:
    signature, looked = content.signature, len(content.sample)
    step = max(1, looked // PICTURES)
    some = [content.sample.rows(row, row + 1) for row in range(0, looked, step)][:PICTURES]
    shown = pictures_of(content.preparation, joined_samples(some))
    rows = "the training part" if looked == signature.rows["train"] else f"{looked:,} rows of the training part"
    if shown is not None:
        drawn = [
            picture(one, truth(signature, signature.known(part.targets)[0]))
            for one, part in zip(shown, some, strict=True)
        ]
        return joined(
            element("h3", f"Features: pictures of {shown.shape[2]} × {shown.shape[1]}"),
            element("div", drawn, class_="gallery"),
            _folded(content.columns, "columns") if len(content.columns) > 1 else _table(content.columns),
        )
    title = element(
        "h3", f"{len(content.columns):,} features, as in {rows}" if len(content.columns) > 1 else "Features"
    )
    if len(content.columns) <= FEATURES:
        return joined(title, _table(content.columns))
    return joined(title, _table(content.columns[:FEATURES]), _folded(content.columns[FEATURES:], "more"))


def _folded(columns: Sequence[ColumnSummary], what: str) -> Markup:
    return element("details", element("summary", f"{len(columns):,} {what}"), _table(columns))


def _table(columns: Iterable[ColumnSummary]) -> Markup:
    header = ("feature", "distribution", "statistics", "missing", "kind", "becomes")
    return table(header, map(_row, columns), right=(3,))


def _row(column: ColumnSummary) -> tuple[str, ...]:
    facts = element("td", column.facts, class_="statistics")
    missing = share(column.missing) if column.missing else "–"
    becomes = element("td", column.becomes, class_="becomes")
    return column.name, sparkline(column.heights), facts, missing, column.kind, becomes


def _balance(content: Content) -> Markup:
    """How often each class or label occurs."""
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
        reports = measured.results.get("per_class") or measured.results["per_label"]
        rows = [[*row, f"{report['support']:,}"] for row, report in zip(rows, reports, strict=True)]
    if len(rows) <= CLASSES:
        return element("div", table(header, rows, right=right))
    order = sorted(range(len(rows)), key=lambda i: -counts[i])
    ends = [rows[i] for i in (*order[:5], *order[-5:])]
    everything = element("details", element("summary", f"all {len(rows)}"), table(header, rows, right=right))
    told = element("p", f"The five most frequent of {len(rows)}, and the five rarest:")
    return element("div", told, table(header, ends, right=right), everything)


def _distribution(content: Content, index: int) -> Markup:
    """How a number to predict is distributed."""
    name = content.signature.targets[index]
    values = content.signature.known(content.sample.targets)[:, index]
    chart = histogram(values, f"distribution of the target {name}", x_title=name, style="train")
    mean, deviation = short(float(values.mean())), short(float(values.std()))
    note = f"Mean {mean}, standard deviation {deviation}, in the training part."
    return figure(f"target: {name}", chart.drawn(), note=note)
