"""Shape rules that several ops share; each raises `ShapeError` with the shapes that do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import ShapeError, Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dltool.ops.graph import Node, Value


def same_shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
    """One output like the inputs, which must be alike."""
    check_alike(*inputs)
    return (inputs[0].spec,)


def check_alike(first: Value, *others: Value) -> None:
    """All values have one shape and type."""
    for other in others:
        if other.spec != first.spec:
            raise ShapeError(f"shapes differ: {list(first.shape)} and {list(other.shape)}")


def require_all(node: Node, gradients: Sequence[Value]) -> None:
    """All outputs of a node have a gradient: a part that nothing reads would leave a gap."""
    if len(gradients) < len(node.outputs):
        raise ShapeError(f"only {len(gradients)} of {len(node.outputs)} parts of {node.op.yaml_name} are used")


def check_channels(x: Value, **vectors: Value) -> None:
    """Each named vector has one number for each channel (the last axis) of x."""
    for name, vector in vectors.items():
        if not x.shape or vector.spec != Spec(x.shape[-1:], batched=False):
            raise ShapeError(f"{name} {list(vector.shape)} does not fit the channels of {list(x.shape)}")


def check_prediction(prediction: Value, targets: Value) -> None:
    """Prediction and targets are k numbers per sample each."""
    if len(prediction.shape) != 1 or prediction.spec != targets.spec:
        raise ShapeError(f"the loss compares {list(prediction.shape)} with targets {list(targets.shape)}")
