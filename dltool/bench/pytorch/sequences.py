"""PyTorch's modules for layers over sequences (steps, channels), and for those that transformers are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]

from dltool.bench.pytorch.attention import AddPositions, Rotary, SelfAttention, waves
from dltool.bench.pytorch.images import Fields, Modules
from dltool.bench.pytorch.modules import Gated, SqueezeExcite, Tied
from dltool.bench.pytorch.recurrent import Recurrent
from dltool.errors import InputError, Problem

if TYPE_CHECKING:
    from dltool.bench.pytorch.network import Network


def embedding(network: Network, fields: Fields, path: str) -> Modules:
    """The rows of a table that integers name."""
    size = fields["size"] or network.vocabulary
    assert size, "dltool refuses an embedding without a size"
    module = nn.Embedding(size, fields["width"])
    network.tensors[f"{path}.weight"] = module.weight
    network.embeddings.add(f"{path}.weight")
    network.shape = (*network.shape, fields["width"])
    return [module]


def recurrent(network: Network, fields: Fields, path: str, kind: str) -> Modules:
    """LSTM, GRU and the simple recurrent network; raises InputError for what PyTorch's lack."""
    for field, what in (("stateful", "stateful layers"), ("recurrent_dropout", "recurrent dropout")):
        if fields[field]:
            message = f"the comparison has no PyTorch counterpart of {what}; leave out {field} to compare"
            raise InputError(Problem(message, path=path))
    modules = network.with_channels(first=False)
    module = Recurrent(kind, fields, network.shape[-1])
    network.tensors.update(module.tensors(path))
    channels = fields["units"] * (1 + fields["bidirectional"])
    network.shape = (network.shape[0], channels) if fields["return_sequences"] else (channels,)
    return [*modules, module]


def attention(network: Network, fields: Fields, path: str) -> Modules:
    """Attention of several heads."""
    modules = network.with_channels(first=False)
    steps, channels = network.shape
    width = fields["width"] or channels // fields["heads"]
    module = SelfAttention(
        channels,
        width,
        heads=fields["heads"],
        groups=fields["groups"] or fields["heads"],
        causal=fields["causal"],
        dropout=fields["dropout"],
        bias=fields["bias"],
        rotary=Rotary(steps, width, fields["rotary_base"]) if fields["rotary"] else None,
    )
    for name, linear in (("", module.projection), ("output_", module.output)):
        network.tensors[f"{path}.{name}weight"] = linear.weight
        if fields["bias"]:
            network.tensors[f"{path}.{name}bias"] = linear.bias
    return [*modules, module]


def position_embedding(network: Network, fields: Fields, path: str) -> Modules:
    """A learned vector for each step."""
    modules = network.with_channels(first=False)
    weight = network.tensors[f"{path}.weight"] = nn.Parameter(torch.zeros(network.shape))
    network.embeddings.add(f"{path}.weight")
    return [*modules, AddPositions(weight)]


def sinusoidal_positions(network: Network, fields: Fields, path: str) -> Modules:
    """A vector of sines and cosines for each step."""
    return [*network.with_channels(first=False), AddPositions(waves(*network.shape))]


def transformer_block(network: Network, fields: Fields, path: str) -> Modules:
    """Attention and two dense layers, put together of other layers as dltool does it."""
    channels = network.shape[-1]
    hidden, bias = fields["hidden"] or 4 * channels, fields["bias"]
    shared = {name: fields[name] for name in ("heads", "groups", "causal", "rotary", "bias")}
    dropped = fields["dropout"] if fields["attention_dropout"] is None else fields["attention_dropout"]
    heads = {"multi_head_attention": {**shared, "dropout": dropped, "width": None, "rotary_base": 10_000.0}}
    gate = [{"glu": {"activation": fields["activation"]}}] if fields["gated"] else []
    first = _dense(2 * hidden, bias) if gate else _dense(hidden, bias, fields["activation"])
    norm = {fields["norm"]: network.norms[fields["norm"]]}
    layers: list[Any] = []
    for half in ([heads], [first, *gate, _dense(channels, bias)]):
        before, after = ([norm], []) if fields["norm_place"] == "before" else ([], [norm])
        layers += [{"residual": {"layers": [*before, *half, {"dropout": {"rate": fields["dropout"]}}]}}, *after]
    return network.build(layers, path)


def tied_dense(network: Network, fields: Fields, path: str) -> Modules:
    """An output for each row of an embedding's table."""
    modules = network.with_channels(first=False)
    table = network.tensors[f"{fields['of']}.weight"]
    module = Tied(table, bias=fields["bias"])
    if fields["bias"]:
        network.tensors[f"{path}.bias"] = module.bias
    network.shape = (*network.shape[:-1], len(table))
    return [*modules, module]


def rms_norm(network: Network, fields: Fields, path: str) -> Modules:
    """Normalization without a mean."""
    modules = network.with_channels(first=False)
    norm = nn.RMSNorm(network.shape[-1], eps=fields["epsilon"])
    network.tensors[f"{path}.gain"] = norm.weight
    return [*modules, norm]


def glu(network: Network, fields: Fields, path: str) -> Modules:
    """Half of the channels, multiplied by an activation of the other half."""
    network.shape = (*network.shape[:-1], network.shape[-1] // 2)
    axis = 1 if network.channels_first else -1
    activation = network.activated(fields)
    if len(activation) == 1 and isinstance(activation[0], nn.Sigmoid):
        return [nn.GLU(axis)]
    return [Gated(nn.Sequential(*activation), axis)]


def squeeze_excite(network: Network, fields: Fields, path: str) -> Modules:
    """Channels multiplied by what two dense layers make of their means."""
    shape, first = network.shape, network.channels_first
    network.shape, network.channels_first = shape[-1:], False
    squeezed = max(1, shape[-1] // fields["ratio"])
    factors = network.build([_dense(squeezed, True, "relu"), _dense(shape[-1], True, "sigmoid")], path)
    network.shape, network.channels_first = shape, first
    return [SqueezeExcite(factors, len(shape) - 1, channels_first=first)]


def _dense(units: int, bias: bool, activation: Any = None) -> Mapping[str, Fields]:
    return {"dense": {"units": units, "bias": bias, "activation": activation, "flatten": False}}


LAYERS: Mapping[str, Callable[[Network, Fields, str], Modules]] = {
    "embedding": embedding,
    **{name: partial(recurrent, kind=name) for name in ("lstm", "gru", "simple_rnn")},
    "multi_head_attention": attention,
    "position_embedding": position_embedding,
    "sinusoidal_positions": sinusoidal_positions,
    "transformer_block": transformer_block,
    "tied_dense": tied_dense,
    "rms_norm": rms_norm,
    "glu": glu,
    "squeeze_excite": squeeze_excite,
}
