"""Small trainings for tests, with the real engine: run, stopped after any step, resumed, and compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dltool.config.loading import dump_yaml, load, resolved
from dltool.training.checkpoint import Checkpoint, decode
from dltool.training.events import Event, Progress
from dltool.training.job import Job, open_job
from dltool.training.loop import Trainer
from dltool.training.outcome import Outcome
from dltool.training.run_directory import RunDirectory, create

CLASSES = {"synthetic": {"features": 5, "classes": 3, "rows": 90}, "split": {"validation": 0.2, "test": 0.1}}
IMAGES = {"synthetic": {"features": [6, 5, 3], "bytes": True, "classes": 3, "rows": 90}, "split": {"validation": 0.2}}
NUMBERS = {"synthetic": {"features": 5, "targets": 2, "rows": 90}}

CLASSIFIER = {
    "name": "small",
    "data": CLASSES,
    "model": [{"dense": {"units": 8, "activation": "relu"}}, {"dense": {"units": "classes"}}],
    "loss": "cross_entropy",
    "metrics": ["accuracy"],
    "train": {"epochs": 3, "batch_size": 8, "seed": 5, "log_every": 1},
}

#: images that are changed in every way, and mixed
AUGMENTED = {
    "data": IMAGES | {"scaling": "standard"},
    "augment": [
        {"random_crop": 2},
        {"random_flip": "both"},
        {"random_affine": {"rotate": 20, "translate": 0.1, "scale": [0.8, 1.2], "shear": 5}},
        {"color_jitter": {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2}},
        {"cutout": 2},
        "mixup",
        "cutmix",
    ],
    "model": [{"conv2d": 4}, "batch_norm", "relu", "flatten", {"dense": {"units": "classes"}}],
    "train": {"accumulate": 2, "last_batch": "pad", "epochs": 3},
}


def write_config(folder: Path, changes: dict[str, Any] | None = None) -> Path:
    """The small classifier with some blocks changed, as a file."""
    config = CLASSIFIER | (changes or {})
    config["train"] = CLASSIFIER["train"] | config["train"]
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def open_run(
    folder: Path, changes: dict[str, Any] | None = None, overrides: Sequence[str] = ()
) -> tuple[Job, RunDirectory]:
    """A job, and a new directory for it."""
    experiment = load(write_config(folder, changes), overrides)
    number = len(list(folder.glob("run*")))
    return open_job(experiment, [folder]), create("small", folder / f"run{number}", dump_yaml(resolved(experiment)))


def train(
    job: Job,
    run: RunDirectory,
    *,
    stop_at: int | None = None,
    checkpoint: Checkpoint | None = None,
    notify: Callable[[Event], None] = lambda event: None,
) -> Outcome:
    """Train to the end, or until a step is done."""
    step = 0

    def listen(event: Event) -> None:
        nonlocal step
        step = event.step if isinstance(event, Progress) else step
        notify(event)

    stop = lambda: stop_at is not None and step >= stop_at  # noqa: E731
    return Trainer(job, run, notify=listen, stop=stop, checkpoint=checkpoint).run()


def lines(run: RunDirectory, kind: str = "") -> list[dict[str, Any]]:
    """What metrics.jsonl says, but for the time it took."""
    records = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    return [
        {name: value for name, value in record.items() if name != "seconds"}
        for record in records
        if kind in ("", record["kind"])
    ]


def assert_equal_runs(a: RunDirectory, b: RunDirectory) -> None:
    """Same bits in every array and counter of both checkpoints, and the same lines."""
    assert lines(a) == lines(b)
    for name in ("last", "best"):
        ours, theirs = decode(getattr(a, name)), decode(getattr(b, name))
        for mine, other in ((ours.arrays, theirs.arrays), (ours.trainer, theirs.trainer)):
            assert mine.keys() == other.keys()
            for key in mine:
                if key not in ("seconds", "epoch_seconds", "log_bytes"):
                    np.testing.assert_array_equal(mine[key], other[key], err_msg=f"{name}: {key}")
