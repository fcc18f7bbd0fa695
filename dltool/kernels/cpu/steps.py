"""The loop that runs whole steps without Python: a program is a table of kernel addresses and integer arguments.

Every thread runs the same loop; threads meet at the end of each stage. What the table holds: `dltool.kernels.records`.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I8, I32, I64, call, instruction, on_stack, variable
from dltool.kernels.cpu.calls import indirect_call
from dltool.kernels.cpu.kernel import KERNEL, entry
from dltool.kernels.cpu.pointers import advance, integer_pointer
from dltool.kernels.processor import IS_X86
from dltool.kernels.records import (
    BATCH,
    FLAGS,
    INTEGER_BYTES,
    ITEM_FIELDS,
    LINE,
    OP_FIELDS,
    STAGE_FIELDS,
    STEP_FIELDS,
    TABLE_ARGUMENTS,
    TABLE_ARGUMENTS_SIZE,
    TABLE_CUTS,
    TABLE_ITEMS,
    TABLE_MEETING,
    TABLE_OPS,
    TABLE_OPS_COUNT,
    TABLE_STAGES,
    TABLE_STAGES_COUNT,
    TABLE_STEPS,
    TABLE_THREADS,
    TABLE_TICKS,
)

#: the control bits "flush to zero" and "denormals are zero" of MXCSR
_FLUSH = 0x8040

#: turns of a waiting loop before the processor is offered to others
PATIENCE = 4000

call_kernel = indirect_call(KERNEL)


@instruction
def atomic_increment(pointer: Any):
    """Add 1 for all threads to see; returns the value before."""

    def emit(builder: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", args[0], I64(1), "acq_rel")

    return types.int64(pointer), emit


@instruction
def atomic_load(pointer: Any):
    """Read what other threads have stored, and all that they wrote before."""
    return types.int64(pointer), lambda builder, args: builder.load_atomic(args[0], "acquire", 8)


@instruction
def atomic_store(pointer: Any, value: Any):
    """Store for other threads to see, after all that was written before."""

    def emit(builder: Any, args: Any) -> Any:
        builder.store_atomic(args[1], args[0], "release", 8)

    return types.void(pointer, types.int64), emit


@instruction
def yield_processor():
    """Let another thread of the machine run: sched_yield(2)."""

    def emit(builder: Any, args: Any) -> Any:
        call(builder, "sched_yield", I32)

    return types.void(), emit


@instruction
def flush_denormals():
    """Make this thread round numbers below the normal range to zero, as x86 is slow with them; returns how it was."""

    def emit(builder: Any, args: Any) -> Any:
        before = ir.Constant(I32, 0)
        if IS_X86:
            place = on_stack(builder, I32)
            _control(builder, "llvm.x86.sse.stmxcsr", place)
            before = builder.load(place)
            builder.store(builder.or_(before, ir.Constant(I32, _FLUSH)), place)
            _control(builder, "llvm.x86.sse.ldmxcsr", place)
        return before

    return types.uint32(), emit


@instruction
def restore_denormals(before: Any):
    """Undo `flush_denormals`, so that other code of this thread is not affected."""

    def emit(builder: Any, args: Any) -> Any:
        if IS_X86:
            place = variable(builder, args[0])
            _control(builder, "llvm.x86.sse.ldmxcsr", place)

    return types.void(types.uint32), emit


def _control(builder: Any, name: str, place: Any) -> None:
    call(builder, name, ir.VoidType(), builder.bitcast(place, I8.as_pointer()))


@instruction
def cycles():
    """The processor's time-stamp counter."""

    def emit(builder: Any, args: Any) -> Any:
        return call(builder, "llvm.readcyclecounter", I64)

    return types.int64(), emit


def meet(meeting, threads):
    """Wait until all threads are here. The last one to come opens the way for the others."""
    generation = atomic_load(advance(meeting, LINE))
    if atomic_increment(meeting) + 1 == threads:
        atomic_store(meeting, 0)
        atomic_store(advance(meeting, LINE), generation + 1)
        return
    turns = 0
    while atomic_load(advance(meeting, LINE)) == generation:
        turns += 1
        if turns > PATIENCE:
            yield_processor()


def share(rows, thread, threads):
    """The first row of a thread's share: a multiple of four, as tiles are, where shares are large enough to stay even.

    The last share ends where the rows do.
    """
    step = 4 if rows >= 16 * threads else 1
    return rows if thread == threads else rows * thread // threads // step * step


def run_op(op, ops, arguments, step, low, high, ticks):
    """Call a kernel on a share of its work, if the step has the flags that the op needs."""
    record = advance(ops, op * OP_FIELDS)
    if step[FLAGS] & record[2] == record[2]:
        started = cycles() if ticks != 0 else 0
        call_kernel(record[0], advance(arguments, record[1]), step, low, high)
        count(ticks, op, started)


def count(ticks, place, started):
    """Add the cycles since `started` at a place of the table of ticks, whose address is 0 where nobody counts."""
    if ticks != 0:
        integer_pointer(ticks)[place] += cycles() - started


@entry
def run_steps(table, thread, first, last):
    """Run the steps from `first` to `last` of the table's plan, as thread number `thread`."""
    ops, arguments = integer_pointer(table[TABLE_OPS]), integer_pointer(table[TABLE_ARGUMENTS])
    arguments = advance(arguments, thread * table[TABLE_ARGUMENTS_SIZE])
    stages, items = integer_pointer(table[TABLE_STAGES]), integer_pointer(table[TABLE_ITEMS])
    cuts, meeting = integer_pointer(table[TABLE_CUTS]), integer_pointer(table[TABLE_MEETING])
    threads, stage_count = table[TABLE_THREADS], table[TABLE_STAGES_COUNT]
    ticks = table[TABLE_TICKS]
    if ticks != 0:
        ticks += thread * (table[TABLE_OPS_COUNT] + stage_count) * INTEGER_BYTES
    before = flush_denormals()
    for number in range(first, last):
        step = advance(integer_pointer(table[TABLE_STEPS]), number * STEP_FIELDS)
        low, high = share(step[BATCH], thread, threads), share(step[BATCH], thread + 1, threads)
        for stage in range(stage_count):
            rows = advance(stages, stage * STAGE_FIELDS)
            first_row = low
            while first_row < high:
                end_row = min(first_row + rows[2], high)
                for op in range(rows[0], rows[1]):
                    run_op(op, ops, arguments, step, first_row, end_row, ticks)
                first_row = end_row
            cut = stage * (threads + 1) + thread
            for item in range(cuts[cut], cuts[cut + 1]):
                record = advance(items, item * ITEM_FIELDS)
                for op in range(record[0], record[1]):
                    run_op(op, ops, arguments, step, record[2], record[3], ticks)
            if threads > 1:
                started = cycles() if ticks != 0 else 0
                meet(meeting, threads)
                count(ticks, table[TABLE_OPS_COUNT] + stage, started)
    restore_denormals(before)
