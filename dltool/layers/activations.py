"""All activations; those that say nothing else are the op of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from dltool.config.description import by_compat
from dltool.layers.activation import Activation, register_activation
from dltool.layers.layer import Layer
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register_activation("linear")
class Linear(Activation):
    """x itself: no activation."""

    def apply(self, graph: Graph, x: Value) -> Value:
        """Returns `x`."""
        return x


@register_activation("relu")
class Relu(Activation):
    """max(x, 0)."""


@register("activation", "leaky_relu", main="slope")
class LeakyRelu(Activation):
    """x where positive, else slope · x."""

    slope: float = by_compat(0.01, keras=0.2, mxnet=0.25, ge=0, lt=1)

    def apply(self, graph: Graph, x: Value) -> Value:
        """Adds the function to `graph` and returns its value, of the shape of `x`."""
        return graph.apply("leaky_relu", x, slope=self.slope)


@register("layer", "leaky_relu", main="slope")
class LeakyReluLayer(Layer):
    """x where positive, else slope · x."""

    # Keras has one default for its function and another for its layer
    slope: float = by_compat(0.01, keras=0.3, mxnet=0.25, ge=0, lt=1)

    def build(self, graph: Graph, x: Value) -> Value:
        """Adds the function to `graph` and returns its value, of the shape of `x`."""
        return graph.apply("leaky_relu", x, slope=self.slope)


@register_activation("elu", main="alpha")
class Elu(Activation):
    """x where positive, else alpha · (eˣ − 1)."""

    alpha: float = Field(default=1.0, gt=0)

    def apply(self, graph: Graph, x: Value) -> Value:
        """Adds the function to `graph` and returns its value, of the shape of `x`."""
        return graph.apply("elu", x, alpha=self.alpha)


@register_activation("selu")
class Selu(Activation):
    """Scaled elu that keeps activations normalized (Klambauer et al. 2017)."""


@register_activation("gelu")
class Gelu(Activation):
    """x · Φ(x), exact."""


@register_activation("gelu_tanh")
class GeluTanh(Activation):
    """x · Φ(x), with the normal distribution approximated by a tanh."""


@register_activation("silu")
class Silu(Activation):
    """x · sigmoid(x), also called swish."""


@register_activation("tanh")
class Tanh(Activation):
    """Hyperbolic tangent, in (−1, 1)."""


@register_activation("sigmoid")
class Sigmoid(Activation):
    """1 / (1 + e⁻ˣ), in (0, 1)."""


@register_activation("softplus")
class Softplus(Activation):
    """log(1 + eˣ), a smooth relu."""


@register_activation("softmax")
class Softmax(Activation):
    """Probabilities: eˣ over the sum of eˣ along the last axis."""
