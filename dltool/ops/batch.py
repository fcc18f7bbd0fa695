"""Making a batch: which rows of the data it takes, fetching them, and keeping the outputs for the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, Report, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    import numpy as np

    from dltool.ops.graph import Node, Value


ROWS = Spec((), dtype="int64")


@register("op", "order")
class Order(Op):
    """rows () int64: sample i is row position − origin + i (modulo rows_total) of the epoch's order.

    Rows come in file order or, with `shuffle` 1, in a permutation that depends on `key` (64 bits) and the epoch.
    The origin of a step is the position of the first sample at hand, where these are but a span of the epoch.
    """

    operands = "-> rows"
    moves = True
    attributes: ClassVar = {"rows_total": 1, "shuffle": 0, "key": 0}
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (ROWS,)

    @staticmethod
    def data_attributes(node: Node, data: Mapping[str, np.ndarray]) -> Mapping[str, int]:
        return {"rows_total": len(data["target"])}


@register("op", "stream_order")
class StreamOrder(Op):
    """rows () int64: sample i of a batch is the next row of stream i; a stream is `length` consecutive rows.

    Rows that are left over, because all streams have the same length, do not come.
    """

    operands = "-> rows"
    moves = True
    attributes: ClassVar = {"streams": 1, "length": 1}
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (ROWS,)

    @staticmethod
    def data_attributes(node: Node, data: Mapping[str, np.ndarray]) -> Mapping[str, int]:
        return {"length": len(data["target"]) // node.attributes["streams"]}


@register("op", "draw")
class Draw(Op):
    """rows () int64, drawn with repetition: a row i drawn evenly is kept by chances () float32, else others () int32.

    What is drawn follows from `key` (64 bits), the epoch, and the sample's position in it.
    """

    operands = "chances, others -> rows"
    moves = True
    attributes: ClassVar = {"rows_total": 1, "key": 0}
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        for value, dtype in zip(inputs, ("float32", "int32"), strict=True):
            if value.shape or value.spec.dtype != dtype:
                raise ShapeError(f"one {dtype} for each row is needed, got {value.spec.dtype} {list(value.shape)}")
        return (ROWS,)

    @staticmethod
    def data_attributes(node: Node, data: Mapping[str, np.ndarray]) -> Mapping[str, int]:
        chances, _ = node.inputs
        return {"rows_total": len(data[chances.name])}


class Fetch(Op):
    """Copies the rows () of memory-resident data into the batch."""

    moves = True


@register("op", "gather")
class Gather(Fetch):
    """x (…) = the rows () of data (…) float32."""

    operands = "data, rows -> x"
    any_shape = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (_rows_of("float32", *inputs),)


@register("op", "gather_scaled")
class GatherScaled(Fetch):
    """x (…, C) float32 = (rows () of data (…, C) uint8 − offset) · factor, each of those () or (C,)."""

    operands = "data, rows, offset, factor -> x"
    moves = False
    any_shape = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (scaled_rows_of("uint8", *inputs),)

    @staticmethod
    def flops(node: Node) -> int:
        return 2 * node.outputs[0].spec.size


@register("op", "gather_labels")
class GatherLabels(Fetch):
    """labels () = the rows () of data () int64."""

    operands = "data, rows -> labels"

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (_rows_of("int64", *inputs),)


@register("op", "gather_targets")
class GatherTargets(Fetch):
    """targets (k,) = the rows () of data (k,) float32."""

    operands = "data, rows -> targets"

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (_rows_of("float32", *inputs),)


def scaled_rows_of(dtype: str, data: Value, rows: Value, offset: Value, factor: Value) -> Spec:
    """Spec of the scaled rows of data of a type; raises ShapeError where offset or factor do not fit it."""
    for name, value in {"offset": offset, "factor": factor}.items():
        if value.shape not in ((), data.shape[-1:]):
            raise ShapeError(f"{name} {list(value.shape)} does not fit the features {list(data.shape)}")
    return replace(_rows_of(dtype, data, rows), dtype="float32")


def _rows_of(dtype: str, data: Value, rows: Value) -> Spec:
    if data.spec.dtype != dtype:
        raise ShapeError(f"the data must be {dtype}, got {data.spec.dtype} {list(data.shape)}")
    if rows.spec != ROWS:
        raise ShapeError(f"rows are one integer per sample, got {rows.spec.dtype} {list(rows.shape)}")
    return data.spec


@register("op", "collect")
class Collect(Op):
    """collected (…) = x (…), one row for each sample of the run of steps, in running order."""

    operands = "x -> collected"
    moves = True
    uses_step = True
    reports = Report.OUTPUTS

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (inputs[0].spec,)
