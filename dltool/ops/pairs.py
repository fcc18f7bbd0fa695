"""Operands of products in bfloat16, two numbers in a word of 32 bits, as processors multiply them.

A product adds up along channels, or, for the gradient of weights, along steps or samples. Numbers that follow each
other along that axis make a word: the first is its lower half; behind the last one of an odd number comes 0.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.kernels.pairs import depth_words, pairs, whole_words
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value


@register("op", "pair_channels")
class PairChannels(Op):
    """y (…, C/2) words of x (…, C), rounded to bfloat16: pairs of channels."""

    operands = "x -> y"
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        return (Spec((*x.shape[:-1], depth_words(x.shape[-1])), dtype="uint32"),)


@register("op", "pair_steps")
class PairSteps(Op):
    """y (…, T/2, C) words of x (…, T, C), rounded to bfloat16: pairs of steps, or of pixels of a line."""

    operands = "x -> y"
    moves = True
    attributes: ClassVar = {"steps": 1}

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        (x,) = inputs
        if len(x.shape) < 2:
            raise ShapeError(f"no steps in {list(x.shape)}")
        return cls, {"steps": x.shape[-2]}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        return (Spec((*x.shape[:-2], pairs(x.shape[-2]), x.shape[-1]), dtype="uint32"),)


@register("op", "pair_samples")
class PairSamples(Op):
    """y (rows/2, C) words of x (C), rounded to bfloat16: pairs of samples, of batches of up to `rows`; else zeros."""

    operands = "x -> y"
    moves = True
    uses_step = True
    attributes: ClassVar = {"rows": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        return (Spec((pairs(attributes["rows"]), x.shape[-1]), batched=False, dtype="uint32"),)


class PairWeights(Op):
    """Words of weights (…, K, N)."""

    operands = "w -> y"
    cut = Cut.PARAMETER
    whole_inputs = True
    moves = True
    attributes: ClassVar = {"inputs": 1, "taps": 1}

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        return cls, {"inputs": inputs[0].shape[-2], "taps": prod(inputs[0].shape[:-2])}


@register("op", "pair_inputs")
class PairInputs(PairWeights):
    """y (…, K/2, N) words of w (…, K, N), rounded to bfloat16: pairs of inputs."""

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (w,) = inputs
        return (Spec((*w.shape[:-2], depth_words(w.shape[-2]), w.shape[-1]), batched=False, dtype="uint32"),)


@register("op", "pair_outputs")
class PairOutputs(PairWeights):
    """y (…, N/2, K) words of w (…, K, N), rounded to bfloat16: pairs of outputs, of whole blocks of these."""

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (w,) = inputs
        return (Spec((*w.shape[:-2], whole_words(w.shape[-1]), w.shape[-2]), batched=False, dtype="uint32"),)
