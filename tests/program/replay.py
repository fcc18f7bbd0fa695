"""Replays a program's steps on its memory plan, with tokens in the place of numbers, in an order that threads may take.

Every word of memory remembers what was written to it last: which value, which of its words, in which step. A thread
that reads anything but what the program's order promises is caught, be it too early or after the memory was given to
another value. Threads run one after the other between two meetings: with two of them and both orders, every pair of
accesses that no meeting separates is tried both ways round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from dltool.kernels.cpu.needs import WHOLE_COLUMNS
from dltool.ops.graph import Node, Value
from dltool.ops.op import Cut
from dltool.program.layout import Layout, whole
from dltool.program.program import Program

WORD = 4  # bytes
LANES = 16
SPAN = 1 << 32  # tokens of one value in one step


#: ops that touch the rows of their samples in a memory outside the batch
REMEMBERING = {"load_memory", "store_memory"}


class Replay:
    """The memory of a program, and what it holds."""

    def __init__(self, program: Program, threads: int):
        self._program, self._threads = program, threads
        self._arena = np.zeros(program.memory.arena_bytes // WORD, np.int64)
        self._scratch = [np.zeros(program.memory.scratch_bytes // WORD, np.int64) for _ in range(threads)]
        self._versions = {v: np.zeros(program.layouts[v].bytes // WORD, np.int64) for v in program.graph.persistent}
        self._numbers = {value: i for i, value in enumerate(program.layouts)}
        self._steps = 0
        self._updates: Counter[Value] = Counter()  # how often a step so far should have changed a value
        self._expected: dict[tuple[Node, Value], int] = {}  # how often it should have been changed when a node reads it

    def step(self, rows: int, order: Sequence[int], cuts: Iterator[float], *, update: bool = True) -> None:
        """One micro-batch of `rows`, the threads in `order`; `cuts` in [0, 1) say where items are divided."""
        self._steps += 1
        for node in self._program.nodes:
            if update or not node.per_update:
                self._expected.update({(node, value): self._updates[value] for value in node.reads})
                self._updates.update(node.updated)
        step = 4 if rows >= 16 * self._threads else 1
        shares = [rows * thread // self._threads // step * step for thread in range(self._threads)] + [rows]
        for stage in self._program.stages:
            inner = sorted(round(next(cuts) * len(stage.items)) for _ in range(self._threads - 1))
            bounds = [0, *inner, len(stage.items)]
            for thread in order:
                for node in stage.rows:
                    self._run(node, thread, rows, shares[thread], shares[thread + 1])
                for item in stage.items[bounds[thread] : bounds[thread + 1]]:
                    for node in item.nodes:
                        if update or not node.per_update:
                            self._run(node, thread, rows, item.low, item.high)

    def _run(self, node: Node, thread: int, rows: int, low: int, high: int) -> None:
        read = {value: self._words(node, value, rows, low, high) for value in node.reads if value.role != "data"}
        for value, words in read.items():
            self._check(node, value, words, thread, low)
        written = {value: self._words(node, value, rows, low, high) for value in node.outputs if self._is_placed(value)}
        for value, words in written.items():
            self._write(value, words, thread, low)
        for value in node.updated:
            self._versions[value][self._words(node, value, rows, low, high)] += 1
        if not (node.op.in_place or node.op.elementwise):
            for value, words in read.items():
                if self._is_placed(value):
                    self._check(node, value, words, thread, low)  # what it writes must not cover what it reads

    def _is_placed(self, value: Value) -> bool:
        return value in self._program.memory.offsets or value in self._program.memory.scratch

    def _check(self, node: Node, value: Value, words: np.ndarray, thread: int, low: int) -> None:
        if self._is_placed(value):
            memory, places = self._places(value, words, thread, low)
            good = memory[places] == self._tokens(value, words)
        else:
            good = self._versions[value][words] == self._expected[node, value]
        assert good.all(), f"step {self._steps}: {node} finds something else in {(~good).sum()} words of {value}"

    def _write(self, value: Value, words: np.ndarray, thread: int, low: int) -> None:
        memory, places = self._places(value, words, thread, low)
        memory[places] = self._tokens(value, words)

    def _places(self, value: Value, words: np.ndarray, thread: int, low: int) -> tuple[np.ndarray, np.ndarray]:
        plan = self._program.memory
        if value in plan.scratch:  # holds only the chunk from `low` on
            return self._scratch[thread], plan.scratch[value] // WORD + words - low * LANES
        return self._arena, plan.offsets[value] // WORD + words

    def _tokens(self, value: Value, words: np.ndarray) -> np.ndarray:
        return (self._steps * len(self._numbers) + self._numbers[value]) * SPAN + words

    def _words(self, node: Node, value: Value, rows: int, low: int, high: int) -> np.ndarray:
        """The words of a value that a node touches, when it is run from `low` to `high` on a batch of `rows`."""
        layout = self._program.layouts[value]
        by_channels = node.op.cut is Cut.CHANNELS
        by_channels = by_channels and layout.channels == self._program.layouts[node.inputs[0]].channels
        blocks = (low, high) if by_channels else (0, whole(layout.channels) // LANES)
        if layout.batched:
            first, last = (low, high) if node.op.cut is Cut.ROWS else (0, rows)
            return _rows_of(layout, first * layout.rows_per_sample, last * layout.rows_per_sample, *blocks)
        if node.op.yaml_name in REMEMBERING:
            return _rows_of(layout, low, high, *blocks)
        if node.op.cut in (Cut.ROWS, Cut.ONCE) or not value.shape:
            return np.arange(layout.bytes // WORD)
        if node.op.cut is Cut.GROUPS:
            return _parts_of(layout, node.attributes["groups"], low, high)
        if node.op.whole_inputs and value in node.inputs:
            return _rows_of(layout, 0, layout.rows, 0, whole(layout.channels) // LANES)
        if node.op.cut is Cut.CHANNELS:
            low, high = blocks
            return np.arange(low * layout.stored_rows * LANES, high * layout.stored_rows * LANES)
        if (
            node.op.yaml_name in WHOLE_COLUMNS and value in node.outputs and layout.stored_rows == 1
        ):  # a sum for each column
            height = self._program.layouts[node.inputs[0]].stored_rows
            return np.arange(low // height * LANES, high // height * LANES)
        return np.arange(low * LANES, high * LANES)


def _parts_of(layout: Layout, groups: int, low: int, high: int) -> np.ndarray:
    """Pairs of a group and a block of channels."""
    blocks, height = whole(layout.channels) // LANES, layout.rows // groups
    pairs = [(pair // blocks * height, pair % blocks) for pair in range(low, high)]
    return np.concatenate([_rows_of(layout, first, first + height, block, block + 1) for first, block in pairs])


def _rows_of(layout: Layout, first: int, last: int, low_block: int, high_block: int) -> np.ndarray:
    if layout.rowwise:
        width = np.dtype(layout.dtype).itemsize // WORD
        return np.arange(first * width, last * width)
    vectors = np.arange(low_block, high_block)[:, None] * layout.stored_rows + np.arange(first, last)
    return (vectors[..., None] * LANES + np.arange(LANES)).reshape(-1)
