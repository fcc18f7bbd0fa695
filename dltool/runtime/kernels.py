"""The cpu kernel of an op, and what its record holds."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dltool.kernels.bfloat16_unit import has_tiles
from dltool.kernels.cpu.needs import ON_AMX, TILES
from dltool.kernels.cpu.workspace import SPACES
from dltool.kernels.records import LANES, Kernel, Record
from dltool.ops.graph import Node
from dltool.ops.op import Op
from dltool.program.layout import Layout

#: an elementwise function at an address, with its two numbers, over whole values
ELEMENTWISE = Kernel("elementwise", Record("x, other -> y", {"function": 0, "one": 0.0, "two": 0.0}))


@cache
def kernel_of(op: type[Op]) -> Kernel:
    """The kernel that does the work of an op."""
    return (
        ELEMENTWISE if op.elementwise else Kernel(op.yaml_name, Record(op.operands, op.attributes, op.takes_epilogue))
    )


def function_of(op: type[Op]) -> Kernel:
    """The elementwise function of an op, for an epilogue or for `ELEMENTWISE`."""
    return Kernel(op.yaml_name)


def tiles_of(op: type[Op]) -> list[Kernel]:
    """The tile functions that the kernel of an op calls."""
    names = TILES.get(op.yaml_name, ())
    return [Kernel(ON_AMX.get(name, name) if has_tiles() else name) for name in names]


@dataclass(frozen=True)
class _Operand:
    """What the size of a workspace can depend on."""

    channels: int
    samples: int  # of the batch
    steps: int  # rows of a sample

    @property
    def blocks(self) -> int:
        return -(-self.channels // LANES)


def _operand(layout: Layout) -> _Operand:
    return _Operand(layout.channels, layout.shape[0] if layout.batched else 1, layout.rows_per_sample)


def workspace_bytes(node: Node, layouts: Mapping[Any, Layout]) -> int:
    """Memory that the kernel of a node needs while it runs."""
    space = SPACES.get(node.op.yaml_name)
    if space is None:
        return 0
    record = kernel_of(node.op).record
    assert record is not None
    values = record.alone((*node.inputs, *node.outputs))
    known: dict[str, Any] = {name: _operand(layouts[value]) for name, value in values.items()}
    known |= {**node.attributes, "geometry": record.geometry(node.attributes)}
    return space(**{name: known[name] for name in inspect.signature(space).parameters}) * LANES * 4
