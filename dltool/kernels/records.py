"""How the runner and the cpu kernels speak: integer records, laid out the same on both sides.

A cpu kernel is called as `kernel(record, step, low, high)`. `Record` says what its record holds and where; the kernel
receives that by name (`dltool.kernels.cpu.kernel`). `step` is the record of the running step. `low` and `high` bound
the share of the work: samples (rows), blocks of 16 channels (channels), or vectors of 16 numbers of one parameter
(parameter). Planning needs this module too.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

from dltool.kernels.geometry import Geometry, as_one_line

LANES = 16  # channels of a block
VECTOR_BYTES = 64  # of a block of one row, and of a cache line

#: address, rows, channels, extra
Operand = tuple[int, int, int, int]

# How a record holds an operand.
OPERAND_FIELDS = 4
ADDRESS = 0
ROWS = 1  # stored rows of a block, the distance between blocks in vectors · vectors: 1
CHANNELS = 2  # logical size of the last axis
EXTRA = 3  # activations: rows of one sample · parameters: 1 where the buffer holds only the chunk at hand

# Every record begins with the address of the thread's workspace and those of up to two tile functions, 0 without one.
WORKSPACE, TILES, OTHER_TILES = range(3)
HEADER_FIELDS = 3

# The epilogue of a product: address of the bias, floor (bits of a float64), then for each of two elementwise functions
# its address, or 0, its second operand, its output, its two numbers (bits of float64).
BIAS, FLOOR = range(2)
CALLS = 2
CALL_FIELDS = 5
EPILOGUE_FIELDS = 2 + CALLS * CALL_FIELDS


@dataclass(frozen=True)
class Record:
    """What a kernel is called with. `operands` names its inputs and outputs, as in "x, w -> y".

    An operand with a star stands for any number of them, none included. A tuple among the attributes (of tuples of
    integers) stands for a table of any length.
    """

    operands: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    has_epilogue: bool = False

    def __hash__(self) -> int:
        return hash(self.operands)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The operands, inputs first; without stars."""
        return tuple(name.strip(" *") for name in self.operands.replace("->", ",").split(",") if name.strip())

    def __post_init__(self) -> None:
        known = [*self.names, *self.attributes]
        if len(set(known)) < len(known):
            raise ValueError(f"one name for two things among {known}")

    @property
    def starred(self) -> str | None:
        """The operand that stands for any number of them."""
        return next((name for name in self.names if f"*{name}" in self.operands), None)

    def alone(self, operands: Sequence[Any]) -> dict[str, Any]:
        """All operands in their order, by name, without starred ones, and without further outputs of an epilogue."""
        if self.starred is None:
            return dict(zip(self.names, operands, strict=False))
        first = self.names.index(self.starred)
        behind = len(operands) - (len(self.names) - first - 1)
        names = (*self.names[:first], *self.names[first + 1 :])
        return dict(zip(names, (*operands[:first], *operands[behind:]), strict=True))

    @property
    def has_geometry(self) -> bool:
        """Whether the attributes hold a geometry."""
        return set(Geometry._fields) <= set(self.attributes)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where attributes, epilogue and operands begin. Behind their number, the starred ones come last."""
        sizes = dict.fromkeys(self.attributes, 1)
        if self.has_geometry:
            own = {name: 1 for name in sizes if name not in Geometry._fields}
            sizes = {"geometry": len(Geometry._fields), **own}
        if self.has_epilogue:
            sizes["epilogue"] = EPILOGUE_FIELDS
        sizes |= {name: OPERAND_FIELDS for name in self.names if name != self.starred}
        if self.starred:
            sizes[self.starred] = 1
        ends = list(accumulate(sizes.values(), initial=HEADER_FIELDS))
        return dict(zip(sizes, ends, strict=False))

    @property
    def digest(self) -> str:
        """What tells this layout from others, in a few letters."""
        kinds = {name: type(default).__name__ for name, default in self.attributes.items()}
        return hashlib.sha256(repr((self.operands, kinds, self.has_epilogue)).encode()).hexdigest()[:8]

    def geometry(self, attributes: Mapping[str, Any]) -> Geometry | None:
        """The geometry among attributes, as the kernels see it."""
        if not self.has_geometry:
            return None
        return as_one_line(Geometry(*(attributes[name] for name in Geometry._fields)))

    def encode(
        self,
        operands: Sequence[Operand],
        attributes: Mapping[str, Any],
        *,
        workspace: int = 0,
        tiles: Sequence[int] = (),
        epilogue: Sequence[int] = (),
    ) -> list[int]:
        """The integers of a record: operands in the order of their names, starred ones wherever their name stands."""
        many = len(operands) - len(self.names) + 1
        first = self.names.index(self.starred) if self.starred else len(operands)
        integers = [workspace, *(*tiles, 0, 0)[: HEADER_FIELDS - 1]]
        integers += self.geometry(attributes) or ()
        for name in self.attributes:
            if not (self.has_geometry and name in Geometry._fields):
                integers.append(self._encoded(name, attributes[name]))
        integers += epilogue
        last = operands[first : first + many] if self.starred else []
        for operand in (*operands[:first], *operands[first + len(last) :]):
            integers += operand
        if self.starred:
            padded = last or [(0,) * OPERAND_FIELDS]  # so that a kernel may read the first one before it looks at len
            integers += [len(last), *(number for operand in padded for number in operand)]
        for name, value in attributes.items():
            if isinstance(value, tuple) and name in self.attributes:
                integers[self.places[name]] = len(integers)
                integers += [len(value), *(number for row in value for number in row)]
        return integers

    def _encoded(self, name: str, value: Any) -> int:
        default = self.attributes[name]
        if isinstance(default, tuple):
            return 0
        return bits(value) if isinstance(default, float) else int(value) - 2**64 * (value >= 2**63)


#: of symbols: it keeps `exp` and others apart from functions of C, which kernels call
PREFIX = "dltool_"


@dataclass(frozen=True)
class Kernel:
    """Machine code for the cpu, by name, and what it is called with; other functions than kernels have no record."""

    name: str
    record: Record | None = None

    @property
    def symbol(self) -> str:
        """What its machine code is known by: the name, with the layout of the record."""
        return f"{PREFIX}{self.name}_{self.record.digest}" if self.record else f"{PREFIX}{self.name}"


def bits(number: float) -> int:
    """The bits of a float64, as an integer."""
    return struct.unpack("<q", struct.pack("<d", number))[0]


# One step of the plan.
STEP_FIELDS = 13
STEP = 0  # optimizer steps done before this one
EPOCH = 1  # epochs completed before this one
POSITION = 2  # first sample of the batch, in the order of the epoch
BATCH = 3  # samples in the batch
SCALE = 4  # bits of a float64: 1 / the weight of all samples of the update, their number if all weigh 1
SCALARS = 5  # address of the optimizer's float32 scalars for this step
FLAGS = 6
SLOT = 7  # where the step's loss goes
COLLECTED = 8  # first row of the step's outputs in the collecting buffer
NUMBER = 9  # of this micro-batch, among those whose gradients are added up
COUNT = 10  # of these
ORIGIN = 11  # position of the first of the samples at hand, counted back from that of the batch
PRECEDING = 12  # samples of the same update that come before those of the batch

UPDATE = 2  # flag: last micro-batch of an update
COLLECT = 4  # flag: outputs are wanted

# The table of a program, as addresses and counts.
TABLE_FIELDS = 12
TABLE_OPS = 0  # OP_FIELDS for each op
TABLE_OPS_COUNT = 1
TABLE_ARGUMENTS = 2  # the records of all ops, once for each thread
TABLE_ARGUMENTS_SIZE = 3  # integers of one thread
TABLE_STAGES = 4  # STAGE_FIELDS for each stage
TABLE_STAGES_COUNT = 5
TABLE_ITEMS = 6  # ITEM_FIELDS for each item
TABLE_CUTS = 7  # for each stage, the first item of each thread and the end of the last
TABLE_MEETING = 8  # how many threads have come, and, a cache line on, how often all have
TABLE_THREADS = 9
TABLE_STEPS = 10  # STEP_FIELDS for each step
TABLE_TICKS = 11  # 0, or where each thread adds up cycles for each op and, after those, for each meeting

OP_FIELDS = 3  # address of the kernel, place of its record, flags that a step must have
STAGE_FIELDS = 3  # first row-wise op, end, samples that go through these together
ITEM_FIELDS = 4  # first op, end, low, high
LINE = 8  # integers of a cache line
INTEGER_BYTES = 8

# Filling a span of an epoch from a file of records. The span's samples are cut into runs of RUN; the file into
# blocks of a power of two of rows, at most 2^BLOCK_BITS. A key stands for one sample: its row within the block, above
# RUN_BITS, and its number within the run, below. Behind the keys there are as many more as `spread` looks ahead.
RUN_BITS = 17
RUN = 1 << RUN_BITS
BLOCK_BITS = 15
AHEAD = 8

# The arguments of `sort_rows`.
SORT_FIELDS = 5
SORT_ROWS = 0  # address of int64, the rows that a run takes
SORT_KEYS = 1  # address of uint32, one for each row
SORT_ENDS = 2  # address of uint32, one for each block: where its keys end
SORT_BLOCKS = 3
SORT_BITS = 4  # a block has 2^bits rows

# The arguments of `spread`; then PIECE_FIELDS for each piece of a record.
SPREAD_FIELDS = 7
SPREAD_KEYS = 0  # of all runs
SPREAD_ENDS = 1  # likewise
SPREAD_BLOCKS = 2
SPREAD_BLOCK = 3  # number of the block
SPREAD_SOURCE = 4  # address of its records
SPREAD_SIZE = 5  # bytes of a record
SPREAD_PIECES = 6  # how many
PIECE_FIELDS = 3
PIECE_START = 0  # byte of the record
PIECE_BYTES = 1
PIECE_TARGET = 2  # address of the span's array
