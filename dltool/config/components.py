"""Types of config fields that hold registered components, such as a loss.

`config` is the lowest level and imports none of these classes: at run time a field looks its component up in the
registry. A type checker sees the classes themselves, so `experiment.loss` is a `Loss`.
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
