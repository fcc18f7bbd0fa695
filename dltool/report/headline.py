"""The top of the page: how the run ended, and its metrics next to those of the baselines."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from dltool.formatting import duration, metric_title, number, rate, scalar_metrics
from dltool.report.content import Content
from dltool.report.markup import Markup, element
from dltool.report.measuring import Measured

ENDINGS = {
    "finished": "finished",
    "early_stopping": "stopped early",
    "signal": "stopped by a signal",
    "diverged": "diverged",
    "": "not finished",
}
MODELS = {"linear": "linear model", "trivial": "constant"}


def header(content: Content) -> Markup:
    """Name, end, and size of the run in one line."""
    history, network = content.history, content.network
    reason = history.end.get("reason", "")
    began = content.environment.get("began", "")
    facts = [
        _counted(len(history.epochs), "epoch"),
        _counted(history.last_step, "step"),
        duration(history.seconds),
        f"{_speed(content)} samples/s" if history.epochs else None,
        _counted(network.parameter_count, "parameter"),
        began[:16].replace("T", " "),
    ]
    return element(
        "header",
        element("h1", content.experiment.name, element("span", ENDINGS[reason], class_=f"ending {reason}")),
        element("p", " · ".join(fact for fact in facts if fact), class_="facts"),
    )


def headline(content: Content) -> Markup:
    """The metrics of the network, each next to those of the baselines."""
    measured = content.measured
    if measured is None:
        return _last_epoch(content)
    results, models = measured.results, measured.results["baselines"]
    cards = [
        _card(content, name, value, {model: of[name] for model, of in reversed(models.items()) if name in of})
        for name, value in scalar_metrics(results["metrics"]).items()
    ]
    loss = _card(content, "loss", results["loss"], _training_loss(content), own=measured.part)
    return element(
        "section",
        element("p", _lead(content, measured), class_="lead remark" if results["remark"] else "lead"),
        element("div", cards, loss, class_="cards"),
        id="results",
    )


def _lead(content: Content, measured: Measured) -> str:
    """A sentence on what was measured, and how a simpler model compares."""
    results, best = measured.results, content.best
    text = f"On the {_counted(results['rows'], 'row')} of the {measured.part} part, with the parameters of "
    if best and best.epoch == measured.epoch:
        text += f"epoch {best.epoch}, the best by {best.monitor.replace('.', ' ')}."
    else:
        text += "the last step."
    if results["remark"]:
        return f"{text} Note that {results['remark']}."
    linear = results["baselines"].get("linear", {})
    for name, value in list(linear.items())[:1]:
        text += (
            f" A linear model of the same inputs comes to {metric_title(name, content.positive_class)} {number(value)}."
        )
    return text


def _training_loss(content: Content) -> dict[str, float]:
    """The training loss at the epoch of the measured checkpoint."""
    measured = content.measured
    found = [line["train"]["loss"] for line in content.history.epochs if measured and line["epoch"] == measured.epoch]
    return {"train": found[-1]} if found and measured and measured.part != "train" else {}


def _last_epoch(content: Content) -> Markup:
    """What the last epoch's line says, for a run that was not measured in the end."""
    line = content.history.epochs[-1] if content.history.epochs else {}
    part = "validation" if "validation" in line else "train"
    metrics = scalar_metrics(line.get(part, {}))
    text = f"After epoch {line.get('epoch')}, on the {part} part." if metrics else "No epoch has ended yet."
    more = f" The report is complete when the run has ended, or after: dltool report {content.run.root}"
    cards = element("div", [_card(content, name, value, {}) for name, value in metrics.items()], class_="cards")
    return element("section", element("p", text + more, class_="lead"), cards if metrics else None, id="results")


def _card(
    content: Content, name: str, value: float | None, others: Mapping[str, float], *, own: str = "network"
) -> Markup:
    """One metric: its `own` bar, and bars for `others`."""
    models = {own: value, **others}
    known = {model: one for model, one in models.items() if one is not None and isfinite(one)}
    better = content.metrics[name].better if name in content.metrics else "lower"
    most = max(1.0 if better == "higher" else 0.0, *known.values(), 0.0) or 1.0
    bars = [_bar(model, one, one / most, "bar own" if model == own else "bar") for model, one in known.items()]
    hint = element("small", "lower is better") if better == "lower" and others else None
    figure = element("p", number(value), class_="figure")
    return element(
        "div",
        element("h3", metric_title(name, content.positive_class), hint),
        figure,
        bars if others else None,
        class_="card",
    )


def _bar(model: str, value: float, share: float, style: str) -> Markup:
    name, shown = element("span", MODELS.get(model, model)), element("span", number(value), class_="number")
    return element("div", name, shown, class_=style, style=f"--share: {100 * max(share, 0.0):.1f}%")


def _speed(content: Content) -> str:
    """Samples trained on in a second, evaluation included."""
    epochs = content.history.epochs
    seconds = sum(line["seconds"] for line in epochs)
    return rate(len(epochs) * content.layout.epoch_samples / seconds).strip() if seconds else "–"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
