"""The block that transformers repeat, put together of other layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PositiveInt, TypeAdapter

from dltool.config.description import Component, written
from dltool.layers.activation import Activation
from dltool.layers.initializer import Initializer
from dltool.layers.layer import Layer, Layers, build_layers
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value

_LAYERS: TypeAdapter[Any] = TypeAdapter(Layers)


@register("layer", "transformer_block", main="heads")
class TransformerBlock(Layer):
    """Attention, then two dense layers, each added to its input (Vaswani et al. 2017)."""

    heads: PositiveInt
    hidden: PositiveInt | None = Field(
        default=None, description="units between the two dense layers; by default 4 times the channels"
    )
    activation: Annotated[Activation, Component("activation")] = written("gelu", description="of these units")
    gated: bool = Field(
        default=False, description="multiply them by as many others without activation; with silu that is swiglu"
    )
    causal: bool = Field(default=False, description="a step sees only itself and the steps before")
    norm: Literal["layer_norm", "rms_norm"] = "layer_norm"
    norm_place: Literal["before", "after"] = Field(
        default="before", description="normalize what the layers get, or the sums"
    )
    dropout: float = Field(default=0.0, ge=0, lt=1, description="share dropped of what is added")
    attention_dropout: float | None = Field(
        default=None, ge=0, lt=1, description="share of the attention weights dropped; by default the same as dropout"
    )
    groups: PositiveInt | None = Field(
        default=None, description="groups of heads that share keys and values; by default one for each head"
    )
    rotary: bool = Field(default=False, description="turn queries and keys by their position (Su et al. 2021)")
    bias: bool = True
    initializer: Annotated[Initializer, Component("initializer")] | None = Field(
        default=None, description="of all weights; by default as in the layers that the block is made of"
    )

    def build(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → the same."""
        attention: dict[str, Any] = {
            "heads": self.heads,
            "groups": self.groups,
            "causal": self.causal,
            "rotary": self.rotary,
            "dropout": self.dropout if self.attention_dropout is None else self.attention_dropout,
        }
        if self.initializer:
            attention["output_initializer"] = self.initializer
        halves = [[{"multi_head_attention": {**attention, **self._weights}}], self._dense(x.shape[-1])]
        layers: list[Any] = []
        for half in halves:
            before, after = ([self.norm], []) if self.norm_place == "before" else ([], [self.norm])
            layers += [{"residual": [*before, *half, {"dropout": self.dropout}]}, *after]
        return build_layers(graph, _LAYERS.validate_python(layers, context={"compat": graph.compat}), x)

    @property
    def _weights(self) -> dict[str, Any]:
        return {"bias": self.bias, **({"initializer": self.initializer} if self.initializer else {})}

    def _dense(self, channels: int) -> list[Any]:
        hidden = self.hidden or 4 * channels
        shared = {"flatten": False, **self._weights}
        last = {"dense": {"units": channels, **shared}}
        if self.gated:
            both = {"dense": {"units": 2 * hidden, **shared}}
            return [both, {"glu": {"activation": self.activation}}, last]
        return [{"dense": {"units": hidden, "activation": self.activation, **shared}}, last]
