"""The top of the page: how the run ended, and its figures beside those of the baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from dltool.figures import duration, number, rate, single_figures
from dltool.registry import registered
from dltool.report.content import Content
from dltool.report.markup import Markup, element

ENDINGS = {
    "finished": "finished",
    "early_stopping": "stopped early",
    "signal": "stopped by a signal",
    "diverged": "diverged",
    "": "not finished",
}
MODELS = {"network": "network", "linear": "linear model", "trivial": "constant"}


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
    """The figures of the network, each beside those of simpler models of the same data."""
    measured = content.measured
    if measured is None:
        return _last_epoch(content)
    figures = measured.figures
    rows = _counted(figures["rows"], "row")
    best = content.best is not None and measured.epoch == content.best.epoch
    lead = [
        f"On the {rows} of the {measured.part} part, with the parameters of ",
        f"epoch {measured.epoch}, the best by {content.best.monitor}." if best and content.best else "the last step.",
        f" Note that {figures['remark']}." if figures["remark"] else _verdict(figures),
    ]
    cards = [_card(name, value, figures["baselines"]) for name, value in single_figures(figures["metrics"]).items()]
    return element(
        "section",
        element("p", "".join(lead), class_="lead remark" if figures["remark"] else "lead"),
        element("div", cards, _card("loss", figures["loss"], {}), class_="cards"),
        id="figures",
    )


def _last_epoch(content: Content) -> Markup:
    """What the last epoch's line says, for a run that was not measured in the end."""
    line = content.history.epochs[-1] if content.history.epochs else {}
    part = "validation" if "validation" in line else "train"
    figures = single_figures(line.get(part, {}))
    text = f"After epoch {line.get('epoch')}, on the {part} part." if figures else "No epoch has ended yet."
    more = f" More is told once the run has ended, or by: dltool report {content.run.root}"
    cards = element("div", [_card(name, value, {}) for name, value in figures.items()], class_="cards")
    return element("section", element("p", text + more, class_="lead"), cards if figures else None, id="figures")


def _verdict(figures: Mapping[str, Any]) -> str:
    """How much better than the baselines, in the first metric."""
    linear = figures["baselines"].get("linear")
    if not linear:
        return ""
    name = next(iter(linear))
    return f" A linear model of the same inputs comes to {name} {number(linear[name])}."


def _card(name: str, value: float | None, baselines: Mapping[str, Mapping[str, float]]) -> Markup:
    """One figure; with a bar for each model where there are several."""
    models = {"network": value, **{model: figures.get(name) for model, figures in reversed(baselines.items())}}
    known = {model: one for model, one in models.items() if one is not None and isfinite(one)}
    better = registered("metric")[name].better if name in registered("metric") else "lower"
    most = max(1.0 if better == "higher" else 0.0, *known.values(), 0.0) or 1.0
    bars = list(_bars(known, most)) if len(known) > 1 else None
    hint = element("small", "lower is better") if better == "lower" and bars else None
    return element(
        "div", element("h3", name, hint), element("p", number(value), class_="figure"), bars, class_="card"
    )


def _bars(models: Mapping[str, float], most: float) -> Iterator[Markup]:
    for model, value in models.items():
        width = f"--share: {100 * max(value, 0.0) / most:.1f}%"
        name, shown = element("span", MODELS[model]), element("span", number(value), class_="number")
        yield element("div", name, shown, class_=f"bar {model}", style=width)


def _speed(content: Content) -> str:
    """Samples trained on in a second, evaluation included."""
    epochs = content.history.epochs
    seconds = sum(line["seconds"] for line in epochs)
    return rate(len(epochs) * content.layout.epoch_samples / seconds).strip() if seconds else "–"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
