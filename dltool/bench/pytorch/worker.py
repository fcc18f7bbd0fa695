"""The measured process of PyTorch: the usual training loop, plain or tuned, in float32 or bfloat16.

All batches are tensors in memory before the first step, in the order of the data, which is the fastest way.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]
from torch.optim import swa_utils  # pyright: ignore[reportMissingImports]

from dltool.bench.pytorch.loss import build_loss
from dltool.bench.pytorch.network import Network
from dltool.bench.pytorch.optimizer import build_optimizer
from dltool.bench.pytorch.recipe import Recipe, Update, read_recipe
from dltool.bench.server import Answer, Note, Request, serve
from dltool.errors import InputError, Problem


class Training:
    """A network that trains for as long as requested."""

    handlers: Mapping[str, Answer] = {}

    def __init__(self, recipe: Recipe, *, tuned: bool, autocast: bool = False, device: str = "cpu"):
        """Build the network; raises InputError for anything without a counterpart in PyTorch."""
        _refuse_padding(recipe)
        torch.manual_seed(recipe.seed)
        network = Network(
            recipe.feature_shape,
            recipe.outputs,
            vocabulary=recipe.vocabulary,
            norms=recipe.norms,
            channels_last=tuned,
        )
        modules = network.embed(recipe.codes) if recipe.codes else []
        modules += network.build(recipe.model)
        self._loss = build_loss(recipe, modules)
        self._model = nn.Sequential(*modules).train()
        self._updates = itertools.cycle([_laid_out(update, tuned=tuned) for update in recipe.updates])
        if tuned and len(recipe.feature_shape) == 3:
            self._model = self._model.to(memory_format=torch.channels_last)
        _refuse_single_samples(self._model, recipe)
        network.load(recipe.arrays)
        parameters = {name: tensor for name, tensor in network.tensors.items() if tensor.requires_grad}
        self.tensors: Mapping[str, Any] = network.tensors  # by dltool's names
        self._optimizer = build_optimizer(recipe, parameters, tuned=tuned)
        self._parameters = list(parameters.values())
        self._clip, self._autocast, self._device = recipe.clip, autocast, device
        self._average = _average_of(self._model, recipe.average) if recipe.average else None
        self._rates = itertools.chain(recipe.rates, itertools.repeat(recipe.rates[-1]))
        self._rate_changes = len(recipe.rates) > 1
        self.facts = {"version": torch.__version__}

    def train(self, updates: int) -> int:
        """Train for `updates` more updates; returns the number of samples."""
        samples = 0
        for update in itertools.islice(self._updates, updates):
            self.step(update)
            samples += update.samples
        return samples

    def step(self, update: Update) -> Any:
        """Make one update; returns its mean loss as a tensor."""
        mean = None
        for features, target, share in update.batches:
            with torch.autocast(self._device, torch.bfloat16, enabled=self._autocast):
                loss = self._loss(self._model(features), target)
            if share != 1:
                loss = loss * share
            loss.backward()
            mean = loss if mean is None else mean + loss
        if self._clip:
            self._clip_gradients(**self._clip)
        if self._rate_changes:
            rate = next(self._rates)
            for group in self._optimizer.param_groups:
                group["lr"] = rate
        self._optimizer.step()
        if self._average:
            self._average.update_parameters(self._model)
        self._optimizer.zero_grad(set_to_none=True)
        return mean

    def _clip_gradients(self, norm: float | None = None, value: float | None = None) -> None:
        if norm is not None:
            nn.utils.clip_grad_norm_(self._parameters, norm)
        if value is not None:
            nn.utils.clip_grad_value_(self._parameters, value)


def _laid_out(update: Update, *, tuned: bool) -> Update:
    """The update with images stored channels first in memory, unless tuned; their axes stay channels last."""
    if tuned or not isinstance(update.batches[0][0], torch.Tensor) or update.batches[0][0].dim() < 3:
        return update
    batches = [
        (features.movedim(-1, 1).contiguous().movedim(1, -1), target, share)
        for features, target, share in update.batches
    ]
    return Update(batches, update.samples)


def _average_of(model: Any, decay: float) -> Any:
    return swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(decay))


def _refuse_padding(recipe: Recipe) -> None:
    features = [batch for update in recipe.updates for batch, _, _ in update.batches if isinstance(batch, torch.Tensor)]
    if any(not batch.is_floating_point() and batch.min() < 0 for batch in features):
        message = "the comparison has no PyTorch counterpart of texts of unequal length"
        raise InputError(Problem(message, path="data.features"))


def _refuse_single_samples(model: Any, recipe: Recipe) -> None:
    single = any(len(target) == 1 for update in recipe.updates for _, target, _ in update.batches)
    if single and any(isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) for module in model.modules()):
        message = (
            "PyTorch's batch norm does not support a batch of one sample; choose another train.batch_size to compare"
        )
        raise InputError(Problem(message, path="train.batch_size"))


def _open(request: Request, note: Note) -> Training:
    torch.set_num_threads(request["threads"])
    form = request["form"]  # "medium" and "autocast" are tuned, too
    if form != "plain":
        torch.set_flush_denormal(True)
    if form == "medium":
        torch.set_float32_matmul_precision("medium")
    return Training(read_recipe(Path(request["folder"])), tuned=form != "plain", autocast=form == "autocast")


if __name__ == "__main__":
    serve(_open)
