"""The measured process of PyTorch on a GPU: tuned and eager, the whole step as a CUDA graph, or compiled."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import torch  # pyright: ignore[reportMissingImports]

from dltool.bench.pytorch.recipe import Recipe, Update, read_recipe
from dltool.bench.pytorch.worker import Training
from dltool.bench.server import Note, Request, serve
from dltool.errors import InputError

#: steps before a capture, so that whatever is set up once is not part of the graph
WARM_UP = 3


class DeviceTraining(Training):
    """A network that trains on a device, with all batches resident there; only full batches come."""

    def __init__(self, recipe: Recipe, *, device: str, form: str, autocast: bool):
        torch.set_default_device(device)
        super().__init__(recipe, tuned=True, autocast=autocast, device=device)
        full = max(update.samples for update in recipe.updates)
        moved = [_moved(update, device) for update in recipe.updates if update.samples == full]
        self._updates = itertools.cycle(moved)
        if form == "graph":
            if self._rate_changes:
                raise InputError("PyTorch's step as a CUDA graph needs a constant learning rate")
            self._graph = _Captured(self, moved[0])
            self.step = self._graph.step
        elif form == "compile":
            self._model = torch.compile(self._model)

    def train(self, updates: int) -> int:
        """Train for `updates` more updates and wait for the device; returns the number of samples."""
        samples = super().train(updates)
        if self._device == "cuda":
            torch.cuda.synchronize()
        return samples

    @property
    def optimizer(self) -> Any:
        """PyTorch's optimizer."""
        return self._optimizer


class _Captured:
    """A step of a training as a CUDA graph, which reads its batch from one place."""

    def __init__(self, training: DeviceTraining, first: Update):
        for group in training.optimizer.param_groups:
            if "capturable" in group:
                group["capturable"] = True
        self._batches = [_cloned(batch) for batch in first.batches]
        here = Update(self._batches, first.samples)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                training.step(here)
        torch.cuda.current_stream().wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._loss = training.step(here)

    def step(self, update: Update) -> Any:
        for held, given in zip(self._batches, update.batches, strict=True):
            for place, tensor in zip(_tensors(held), _tensors(given), strict=True):
                place.copy_(tensor)
        self._graph.replay()
        return self._loss


def _tensors(batch: Any) -> list[Any]:
    features, target, _ = batch
    return [*(features if isinstance(features, tuple) else (features,)), target]


def _cloned(batch: Any) -> Any:
    features, target, share = batch
    copies = tuple(one.clone() for one in features) if isinstance(features, tuple) else features.clone()
    return copies, target.clone(), share


def _moved(update: Update, device: str) -> Update:
    batches = [
        (
            tuple(one.to(device) for one in features) if isinstance(features, tuple) else features.to(device),
            target.to(device),
            share,
        )
        for features, target, share in update.batches
    ]
    return Update(batches, update.samples)


def _open(request: Request, note: Note) -> DeviceTraining:
    precision = request["precision"]
    allowed = precision != "float32"  # bfloat16 is for what autocast knows
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allowed
    torch.backends.cudnn.benchmark = True
    recipe = read_recipe(Path(request["folder"]))
    return DeviceTraining(recipe, device=request["device"], form=request["form"], autocast=precision == "bfloat16")


if __name__ == "__main__":
    serve(_open)
