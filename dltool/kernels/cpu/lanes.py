"""What happens between the lanes of a vector: reductions in a fixed order, single lanes, masks, transposed blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numpy import uint32

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I32, I64, call, instruction, moved
from dltool.kernels.cpu.pointers import FLOATS
from dltool.kernels.cpu.vector import constant, floats16, load, mask16, read, shuffled, splat, store, words16, write
from dltool.kernels.records import LANES

_MASKED_LOAD = "llvm.masked.load.v16f32.p0v16f32"


@instruction
def lane_numbers():
    """0, 1, …, 15."""
    return words16(), lambda builder, args: ir.Constant(words16.llvm, list(range(LANES)))


def _sum(builder: Any, a: Any, b: Any) -> Any:
    return builder.fadd(a, b)


def _larger(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def _reduce(combine: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """Halve until one lane is left: a fixed tree, whatever the machine."""

    def emit(builder: Any, args: Any) -> Any:
        vector, width = args[0], LANES
        while width > 1:
            width //= 2
            low, high = (shuffled(builder, vector, vector, range(first, first + width)) for first in (0, width))
            vector = combine(builder, low, high)
        return builder.extract_element(vector, I32(0))

    return emit


@instruction
def sum_lanes(x: Any):
    """The sum of the lanes, added as a binary tree."""
    return types.float32(floats16), _reduce(_sum)


@instruction
def max_lanes(x: Any):
    """The largest lane; a NaN in the upper half of a comparison wins, one in the lower half is lost."""
    return types.float32(floats16), _reduce(_larger)


def _reduce_rows(combine: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """The same tree for 16 vectors at once: halves of two vectors share one, until each lane holds the end of a row."""

    def emit(builder: Any, args: Any) -> Any:
        vectors, width = [read(builder, moved(builder, args[0], i * LANES)) for i in range(LANES)], LANES
        while len(vectors) > 1:
            width //= 2
            low = [lane for start in range(0, 2 * LANES, 2 * width) for lane in range(start, start + width)]
            high = [lane + width for lane in low]
            pairs = zip(vectors[::2], vectors[1::2], strict=True)
            vectors = [combine(builder, *(shuffled(builder, *pair, order) for order in (low, high))) for pair in pairs]
        return vectors[0]

    return emit


@instruction
def sum_rows_of_lanes(pointer: Any):
    """The sums of the lanes of each of 16 vectors, with the bits of `sum_lanes`."""
    return floats16(FLOATS), _reduce_rows(_sum)


@instruction
def max_rows_of_lanes(pointer: Any):
    """The largest lane of each of 16 vectors, found as by `max_lanes`."""
    return floats16(FLOATS), _reduce_rows(_larger)


@instruction
def set_lane(x: Any, lane: Any, value: Any):
    """x with another number in one lane."""

    def emit(builder: Any, args: Any) -> Any:
        return builder.insert_element(args[0], args[2], builder.trunc(args[1], I32))

    return floats16(floats16, types.int64, types.float32), emit


@instruction
def get_lane(x: Any, lane: Any):
    """The number in one lane."""

    def emit(builder: Any, args: Any) -> Any:
        return builder.extract_element(args[0], builder.trunc(args[1], I32))

    return types.float32(floats16, types.int64), emit


@instruction
def get_word(x: Any, lane: Any):
    """The integer in one lane."""

    def emit(builder: Any, args: Any) -> Any:
        return builder.zext(builder.extract_element(args[0], builder.trunc(args[1], I32)), I64)

    return types.int64(words16, types.int64), emit


@instruction
def any_lane(condition: Any):
    """Whether the condition holds in some lane."""

    def emit(builder: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], ir.IntType(LANES))
        return builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(LANES), 0))

    return types.boolean(mask16), emit


@instruction
def transpose_block(source: Any, target: Any):
    """Write the 16 × 16 block at `source` transposed to `target`, through registers."""

    def emit(builder: Any, args: Any) -> Any:
        rows = [read(builder, moved(builder, args[0], i * LANES)) for i in range(LANES)]
        for distance in (1, 2, 4, 8):  # exchange the off-diagonal halves of ever larger squares
            rows = _exchange(builder, rows, distance)
        for i, row in enumerate(rows):
            write(builder, row, moved(builder, args[1], i * LANES))

    return types.void(types.Pointer(source.element), types.Pointer(target.element)), emit


def _exchange(builder: Any, rows: list[Any], distance: int) -> list[Any]:
    lanes = range(LANES)
    upper = [lane if not lane & distance else LANES + lane - distance for lane in lanes]
    lower = [lane + distance if not lane & distance else LANES + lane for lane in lanes]
    result = list(rows)
    for i in lanes:
        if not i & distance:
            pair = rows[i], rows[i + distance]
            result[i], result[i + distance] = shuffled(builder, *pair, upper), shuffled(builder, *pair, lower)
    return result


@instruction
def load_lanes(pointer: Any, index: Any, mask: Any):
    """The elements from `index` on in the lanes of the mask, 0 in others, whose memory is not touched."""

    def emit(builder: Any, args: Any) -> Any:
        kind = floats16.llvm
        address = builder.bitcast(builder.gep(args[0], [args[1]]), kind.as_pointer())
        operands = [address, I32(4), args[2], ir.Constant(kind, None)]
        return call(builder, _MASKED_LOAD, kind, *operands)

    return floats16(types.Pointer(pointer.element), types.int64, mask16), emit


def first_lanes(count):
    """A mask of the first `count` lanes."""
    return splat(uint32(count)) > lane_numbers()


def used_lanes(block, width):
    """A mask of the lanes of a block that hold channels."""
    return first_lanes(min(width - block * LANES, LANES))


def copy_block(source, used, target):
    """A block of 16 × 16 of which the first `used` rows are a source's, and the others zero."""
    for i in range(LANES):
        store(target, i * LANES, load(source, i * LANES) if i < used else constant(0))


def transpose_rows(source, used, spare, target):
    """Write such a block transposed to `target`; where rows are missing, it is put together in a `spare` one."""
    if used < LANES:
        copy_block(source, used, spare)
        source = spare
    transpose_block(source, target)
