"""PyTorch's losses, averaged over a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]
from torch.nn import functional  # pyright: ignore[reportMissingImports]

from dltool.bench.pytorch.network import Fields, Modules, named
from dltool.bench.pytorch.recipe import Recipe
from dltool.errors import InputError, Problem


def build_loss(recipe: Recipe, modules: Modules) -> Any:
    """The loss of a config; a final softmax or sigmoid that it includes is removed from `modules`, as in dltool."""
    kind, fields = named(recipe.loss)
    if kind not in (*_LOSSES, "focal", "ordinal", "quantile"):
        raise InputError(Problem(f"the comparison has no PyTorch counterpart of '{kind}'", path="loss"))
    if kind == "cross_entropy":
        if modules and isinstance(modules[-1], nn.Softmax) and recipe.compat != "torch":
            modules.pop()
        return _cross_entropy(fields, recipe)
    if modules and isinstance(modules[-1], _ENDS.get(kind, ())):
        modules.pop()
    if kind in ("focal", "ordinal", "quantile"):
        return {"focal": _focal, "ordinal": _ordinal, "quantile": _quantile}[kind](fields, recipe)
    if "loss.positive_weight" in recipe.arrays:
        return nn.BCEWithLogitsLoss(pos_weight=torch.tensor(recipe.arrays["loss.positive_weight"]))
    return _LOSSES[kind](fields)


#: what a loss includes, where a network ends with it
_ENDS: dict[str, Any] = {
    "binary_cross_entropy": nn.Sigmoid,
    "focal": (nn.Softmax, nn.Sigmoid),
    "ordinal": nn.Sigmoid,
}
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
    weights = torch.tensor(recipe.arrays["loss.class_weights"])
    if fields["divide_by"] == "weights":
        return nn.CrossEntropyLoss(weights, label_smoothing=smoothing)
    total = nn.CrossEntropyLoss(weights, reduction="sum", label_smoothing=smoothing)
    return lambda prediction, target: total(prediction, target) / len(target)


def _focal(fields: Fields, recipe: Recipe) -> Any:
    """Of classes, or of labels, which are floats."""
    gamma, classes, labels = fields["gamma"], _array(recipe, "class_weights"), _array(recipe, "positive_weight")

    def focal(prediction: Any, target: Any) -> Any:
        if target.dtype == torch.int64:
            each = functional.cross_entropy(prediction, target, reduction="none")
            weight = 1.0 if classes is None else classes[target]
            return (weight * (-torch.expm1(-each)) ** gamma * each).mean()
        each = functional.binary_cross_entropy_with_logits(prediction, target, reduction="none")
        weight = 1.0 if labels is None else 1 + (labels - 1) * target
        return (weight * (-torch.expm1(-each)) ** gamma * each).mean()

    return focal


def _ordinal(fields: Fields, recipe: Recipe) -> Any:
    """Σ log σ of the steps that are passed, and log(1 − σ) of the one that is not."""
    classes = _array(recipe, "class_weights")

    def ordinal(prediction: Any, target: Any) -> Any:
        step = torch.arange(prediction.shape[1], device=prediction.device)
        passed, reached = step < target[:, None], step <= target[:, None]
        each = (reached * functional.softplus(prediction) - passed * prediction).sum(dim=1)
        return (each if classes is None else classes[target] * each).mean()

    return ordinal


def _quantile(fields: Fields, recipe: Recipe) -> Any:
    """The pinball loss; outputs are quantile by quantile."""
    levels = _array(recipe, "levels")

    def quantile(prediction: Any, target: Any) -> Any:
        error = target.repeat(1, prediction.shape[1] // target.shape[1]) - prediction
        return torch.maximum(levels * error, (levels - 1) * error).mean()

    return quantile


def _array(recipe: Recipe, name: str) -> Any:
    """A constant of the loss, if it has it."""
    array = recipe.arrays.get(f"loss.{name}")
    return None if array is None else torch.tensor(array)
