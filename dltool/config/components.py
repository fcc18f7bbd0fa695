"""Things of a config that are registered elsewhere, under the name that a type checker knows each by.

`config` is the lowest of the levels and imports none of the classes: a field finds its thing in the registry by kind.
A type checker reads the classes themselves, so that code above `config` gets a `Loss` from `experiment.loss`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from dltool.config.description import Component, Description

if TYPE_CHECKING:
    from dltool.augmentations.augmentation import Augmentation
    from dltool.data.features.feature import Feature
    from dltool.data.scaling.scaling import Scaling
    from dltool.data.sources.source import Source
    from dltool.layers.layer import Layer
    from dltool.losses.loss import Loss
    from dltool.metrics.metric import Metric
    from dltool.optimizers.optimizer import Optimizer
    from dltool.schedules.schedule import Schedule
else:
    Augmentation = Annotated[Description, Component("augmentation")]
    Feature = Annotated[Description, Component("feature")]
    Layer = Annotated[Description, Component("layer")]
    Loss = Annotated[Description, Component("loss")]
    Metric = Annotated[Description, Component("metric")]
    Optimizer = Annotated[Description, Component("optimizer")]
    Scaling = Annotated[Description, Component("scaling")]
    Schedule = Annotated[Description, Component("schedule")]
    Source = Annotated[Description, Component("source")]

__all__ = [
    "Augmentation",
    "Feature",
    "Layer",
    "Loss",
    "Metric",
    "Optimizer",
    "Scaling",
    "Schedule",
    "Source",
]
