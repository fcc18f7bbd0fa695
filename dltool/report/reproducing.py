"""The environment of the run, and the commands that use or repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from dltool.formatting import duration, size
from dltool.report.content import Content
from dltool.report.markup import Markup, element


def environment(content: Content) -> Markup | None:
    """The section on machine and versions; None if they were not saved."""
    found = content.environment
    if not found:
        return None
    libraries = [name for name in ("dltool", "python", "numpy", "llvmlite", "duckdb", "jax") if name in found]
    rows = {
        "versions": ", ".join(f"{name} {found[name]}" for name in libraries),
        "processor": f"{found['processor']}, {found['cores']} cores, {size(found['memory_bytes'])} of memory",
        "system": found["system"],
        **({"device": found["device"]} if "device" in found else {"threads": str(found["threads"])}),
        "seed": str(content.experiment.train.seed),
        "began": found["began"].replace("T", " "),
        "duration": f"{duration(content.history.seconds)} of training and evaluating",
        "compiling": f"{duration(found['compile_seconds'])} before it",
        "data": f"SHA-256 {content.fingerprint}",
    }
    return element("section", element("h2", "Environment"), _listed(rows), id="environment")


def reproducing(content: Content) -> Markup:
    """Commands, and the config."""
    root = content.run.root
    run, config = shlex.quote(str(root)), shlex.quote(str(content.run.config))
    commands = {
        "train the same again": f"dltool train {config}",
        "measure": f"dltool eval {run}",
        "predict": f"dltool predict {run} NEW_DATA -o predictions.csv",
        **_resuming(content, run),
        "make this page again": f"dltool report {run}",
    }
    folder = content.environment.get("folder")
    return element(
        "section",
        element("h2", "How to go on"),
        element("p", "In the folder ", element("code", folder), ":") if folder else None,
        _listed({what: element("code", line) for what, line in commands.items()}),
        element("details", element("summary", "the config, with every default"), element("pre", content.config)),
        id="reproduce",
    )


def _listed(rows: Mapping[str, str]) -> Markup:
    pairs = (element("div", element("dt", name), element("dd", value)) for name, value in rows.items())
    return element("dl", pairs, class_="listed")


def _resuming(content: Content, run: str) -> dict[str, str]:
    """How to go on with the training itself."""
    reason = content.history.end.get("reason")
    if reason == "finished":
        return {"train longer": f"dltool resume {run} --set train.epochs={2 * content.experiment.train.epochs}"}
    if reason == "early_stopping":
        return {"train longer": f"dltool resume {run} --set early_stopping.patience=N"}
    return {"go on": f"dltool resume {run}"}
