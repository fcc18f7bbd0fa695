"""Elementwise activations, each followed by its gradient. Softmax, which looks at a whole row, is not among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dltool.ops.op import Op
from dltool.ops.shapes import same_shape
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


class FromOutput(Op):
    """y = f(x), with a derivative that is known from y, so that x need not be kept."""

    operands = "x -> y"
    elementwise = True
    shape = staticmethod(same_shape)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return _activation_gradient(graph, node, node.outputs[0], dy)


class FromInput(Op):
    """y = f(x), with a derivative that needs x."""

    operands = "x -> y"
    elementwise = True
    cheap = True
    shape = staticmethod(same_shape)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return _activation_gradient(graph, node, node.inputs[0], dy)


class Gradient(Op):
    """dx = dy · f'(x), from dy and the value that the activation saved."""

    elementwise = True
    shape = staticmethod(same_shape)


def _activation_gradient(graph: Graph, node: Node, saved: Value, dy: Value) -> tuple[Value | None, ...]:
    return (graph.apply(f"{node.op.yaml_name}_gradient", dy, saved, **node.attributes),)


@register("op", "relu")
class Relu(FromOutput):
    """y = max(x, 0)."""

    floor = 0.0


@register("op", "relu_gradient")
class ReluGradient(Gradient):
    """dx = dy where y > 0, else 0."""

    operands = "dy, y -> dx"


@register("op", "leaky_relu")
class LeakyRelu(FromOutput):
    """y = x where x > 0, else slope · x; slope ≥ 0."""

    attributes: ClassVar = {"slope": 0.01}


@register("op", "leaky_relu_gradient")
class LeakyReluGradient(Gradient):
    """dx = dy where y > 0, else slope · dy."""

    operands = "dy, y -> dx"
    attributes: ClassVar = {"slope": 0.01}


@register("op", "elu")
class Elu(FromOutput):
    """y = x where x > 0, else alpha · (eˣ − 1); alpha ≥ 0."""

    attributes: ClassVar = {"alpha": 1.0}


@register("op", "elu_gradient")
class EluGradient(Gradient):
    """dx = dy where y > 0, else dy · (y + alpha)."""

    operands = "dy, y -> dx"
    attributes: ClassVar = {"alpha": 1.0}


@register("op", "selu")
class Selu(FromOutput):
    """An elu, scaled so that activations keep mean 0 and variance 1."""


@register("op", "selu_gradient")
class SeluGradient(Gradient):
    """The gradient of selu, from y."""

    operands = "dy, y -> dx"


@register("op", "gelu")
class Gelu(FromInput):
    """y = x · Φ(x), Φ the distribution function of the standard normal."""


@register("op", "gelu_gradient")
class GeluGradient(Gradient):
    """The gradient of gelu, from x."""

    operands = "dy, x -> dx"


@register("op", "gelu_tanh")
class GeluTanh(FromInput):
    """Gelu with Φ approximated by a tanh."""


@register("op", "gelu_tanh_gradient")
class GeluTanhGradient(Gradient):
    """The gradient of gelu_tanh, from x."""

    operands = "dy, x -> dx"


@register("op", "silu")
class Silu(FromInput):
    """y = x · sigmoid(x)."""


@register("op", "silu_gradient")
class SiluGradient(Gradient):
    """The gradient of silu, from x."""

    operands = "dy, x -> dx"


@register("op", "tanh")
class Tanh(FromOutput):
    """y = tanh(x)."""


@register("op", "tanh_gradient")
class TanhGradient(Gradient):
    """dx = dy · (1 − y²)."""

    operands = "dy, y -> dx"


@register("op", "sigmoid")
class Sigmoid(FromOutput):
    """y = 1 / (1 + e⁻ˣ)."""


@register("op", "sigmoid_gradient")
class SigmoidGradient(Gradient):
    """dx = dy · y · (1 − y)."""

    operands = "dy, y -> dx"


@register("op", "softplus")
class Softplus(FromOutput):
    """y = log(1 + eˣ)."""


@register("op", "softplus_gradient")
class SoftplusGradient(Gradient):
    """dx = dy · (1 − e⁻ʸ)."""

    operands = "dy, y -> dx"
