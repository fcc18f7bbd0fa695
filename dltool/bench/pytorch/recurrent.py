"""Recurrent layers in PyTorch, and their parameters by dltool's names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]

from dltool.bench.pytorch.images import Fields

#: PyTorch's parameters by their names in dltool
_NAMES = {"weight": "weight_ih", "recurrent_weight": "weight_hh", "bias": "bias_ih", "recurrent_bias": "bias_hh"}


class Recurrent(nn.Module):
    """The outputs of all steps, or of the last one in each direction."""

    def __init__(self, kind: str, fields: Fields, channels: int):
        super().__init__()
        make = {"lstm": nn.LSTM, "gru": nn.GRU, "simple_rnn": partial(nn.RNN, nonlinearity=fields.get("activation"))}
        self._whole, self._directions = fields["return_sequences"], 1 + fields["bidirectional"]
        self._fields = fields
        self.steps = make[kind](
            channels,
            fields["units"],
            num_layers=fields["layers"],
            batch_first=True,
            dropout=fields["dropout"] if fields["layers"] > 1 else 0.0,
            bidirectional=fields["bidirectional"],
        )

    def forward(self, x: Any) -> Any:
        y, states = self.steps(x)
        if self._whole:
            return y
        last = states[0] if isinstance(states, tuple) else states
        return torch.cat(tuple(last[-self._directions :]), dim=-1) if self._directions > 1 else last[-1]

    def tensors(self, path: str) -> Iterator[tuple[str, Any]]:
        """All parameters by dltool's names; PyTorch's second bias stays zero where dltool has none."""
        for layer in range(self._fields["layers"]):
            for direction in ("forward", "backward")[: self._directions]:
                scope = [path, *([f"layer_{layer + 1}"] if self._fields["layers"] > 1 else [])]
                scope += [direction] if self._directions > 1 else []
                ending = f"_l{layer}{'_reverse' if direction == 'backward' else ''}"
                for name, stem in _NAMES.items():
                    tensor = getattr(self.steps, stem + ending)
                    if name == "recurrent_bias" and not self._fields.get("recurrent_bias", True):
                        nn.init.zeros_(tensor.requires_grad_(False))
                    else:
                        yield ".".join([*scope, name]), tensor
