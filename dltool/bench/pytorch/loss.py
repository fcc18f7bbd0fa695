"""PyTorch's losses, averaged over a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]

from dltool.bench.pytorch.network import Fields, Modules, named
from dltool.bench.pytorch.recipe import Recipe
from dltool.errors import InputError, Problem


def build_loss(recipe: Recipe, modules: Modules) -> Any:
    """The loss of a config; a final softmax or sigmoid that it includes is removed from `modules`, as in dltool."""
    kind, fields = named(recipe.loss)
    if kind not in _LOSSES:
        raise InputError(Problem(f"the comparison has no PyTorch counterpart of '{kind}'", path="loss"))
    if kind == "cross_entropy":
        if modules and isinstance(modules[-1], nn.Softmax) and recipe.compat != "torch":
            modules.pop()
        return _cross_entropy(fields, recipe)
    if kind == "binary_cross_entropy" and modules and isinstance(modules[-1], nn.Sigmoid):
        modules.pop()
    if "loss.positive_weight" in recipe.arrays:
        return nn.BCEWithLogitsLoss(pos_weight=torch.from_numpy(recipe.arrays["loss.positive_weight"]))
    return _LOSSES[kind](fields)


_LOSSES: dict[str, Callable[[Fields], Any]] = {
    "cross_entropy": lambda fields: nn.CrossEntropyLoss(),
    "binary_cross_entropy": lambda fields: nn.BCEWithLogitsLoss(),
    "mse": lambda fields: nn.MSELoss(),
    "mae": lambda fields: nn.L1Loss(),
    "huber": lambda fields: nn.HuberLoss(delta=fields["delta"]),
}


def _cross_entropy(fields: Fields, recipe: Recipe) -> Any:
    smoothing = fields["label_smoothing"]
    if fields["smooth_over"] == "others":
        smoothing *= recipe.outputs / (recipe.outputs - 1)
    if recipe.tokens:
        each = nn.CrossEntropyLoss(ignore_index=-1, label_smoothing=smoothing)
        return lambda prediction, target: each(prediction.flatten(0, 1), target.flatten())
    if fields["class_weights"] is None:
        return nn.CrossEntropyLoss(label_smoothing=smoothing)
    if smoothing and fields["weigh"] == "samples":
        message = "with class_weights, PyTorch's label smoothing weights the term of each class; set weigh: classes"
        raise InputError(Problem(message, path="loss.cross_entropy"))
    weights = torch.from_numpy(recipe.arrays["loss.class_weights"])
    if fields["divide_by"] == "weights":
        return nn.CrossEntropyLoss(weights, label_smoothing=smoothing)
    total = nn.CrossEntropyLoss(weights, reduction="sum", label_smoothing=smoothing)
    return lambda prediction, target: total(prediction, target) / len(target)
