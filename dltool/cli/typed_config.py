"""Loads a config with overrides from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dltool.config.experiment import Experiment
from dltool.config.loading import load
from dltool.data.dataset.config_sources import as_typed


def load_typed(config: Path, overrides: Sequence[str]) -> Experiment:
    """The experiment of a config; paths in `overrides` are relative to the working directory."""
    experiment = load(config, overrides)
    return experiment.model_copy(update={"data": as_typed(experiment.data, overrides)})
