"""Loading a config that was named on the command line, with what was typed beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dltool.config.experiment import Experiment
from dltool.config.loading import load
from dltool.data.dataset.config_sources import as_typed


def load_typed(config: Path, overrides: Sequence[str]) -> Experiment:
    """The experiment of a config; files that `overrides` name are those that the user sees from where they type."""
    experiment = load(config, overrides)
    return experiment.model_copy(update={"data": as_typed(experiment.data, overrides)})
