"""Augmentations that mix each image, and its label, with another image of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from dltool.augmentations.augmentation import Augmentation
from dltool.errors import InputError, Problem
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value

#: entries of a table of quantiles, and terms of the integral that it is computed from
KNOTS, TERMS = 1025, 65537


Alpha = Annotated[float, Field(gt=0, le=4, description="λ ~ Beta(alpha, alpha): 1 makes all shares equally likely")]


class Mixing(Augmentation):
    """Keeps a random share λ of an image; its own label has weight λ in the loss, the other image's label 1 − λ."""

    mixes: ClassVar[bool] = True

    alpha: Alpha = 1.0

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """None: single images are not changed."""
        return {}


@register("augmentation", "mixup", main="alpha")
class Mixup(Mixing):
    """Blends each image with another image of its batch (Zhang et al. 2018)."""

    alpha: Alpha = 0.2


@register("augmentation", "cutmix", main="alpha")
class Cutmix(Mixing):
    """Replaces a rectangle of each image with the same rectangle of another image of its batch (Yun et al. 2019)."""


def paired(
    graph: Graph, augmentations: Sequence[Augmentation], rows: Value, shape: tuple[int, ...]
) -> tuple[Value, Value, Value] | None:
    """The partner row of each row of a batch, the mask, and the share λ that is kept; None where nothing is mixed.

    With both mixup and cutmix, each image gets one of them at random. Raises InputError for a name listed twice.
    """
    alphas: dict[str, float] = {}
    for i, mixing in enumerate(augmentations):
        if isinstance(mixing, Mixing):
            if mixing.yaml_name in alphas:
                raise InputError(Problem(f"'{mixing.yaml_name}' is already in the list", path=f"augment[{i}]"))
            alphas[mixing.yaml_name] = mixing.alpha
    if not alphas:
        return None
    tables = [graph.constant(f"{name}_shares", quantiles(alphas.get(name, 1.0))) for name in ("mixup", "cutmix")]
    patches = 0.5 if len(alphas) == 2 else float("cutmix" in alphas)
    height, width, _ = shape
    stream = graph.random_stream()
    return graph.apply("pair", rows, *tables, patches=patches, height=height, width=width, stream=stream)


def quantiles(alpha: float) -> np.ndarray:
    """Quantiles (KNOTS,) of λ ~ Beta(alpha, alpha) at evenly spaced probabilities from 0 to 1.

    With x = s^(1/alpha) / 2 the density of the lower half is (1 − x)^(alpha − 1) over s from 0 to 1, which is smooth;
    the upper half mirrors it.
    """
    s = np.linspace(0, 1, TERMS)
    x = s ** (1 / alpha) / 2
    density = (1 - x) ** (alpha - 1)
    below = np.concatenate([[0], np.cumsum(density[1:] + density[:-1])])
    levels = np.linspace(0, 1, KNOTS // 2 + 1)
    lower = np.interp(levels, below / below[-1], s) ** (1 / alpha) / 2
    return np.concatenate([lower, 1 - lower[-2::-1]])
