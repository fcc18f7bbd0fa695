"""A C file that is being written: the functions that it needs, its constants, and the calls that make a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dltool.ops.op import Spec


@dataclass(eq=False)
class Buffer:
    """Numbers in memory, from their first use to their last; other buffers may lie there before and afterwards."""

    size: int
    first: int  # the call that writes it
    last: int = -1  # the last call that reads it
    offset: int = 0

    def __str__(self) -> str:
        return f"memory + {self.offset}" if self.offset else "memory"


#: where numbers are: a buffer, a constant array by its name, or an expression such as "in + 3"
Place = Buffer | str


@dataclass(frozen=True, eq=False)
class Operand:
    """An operand of an op: where it is, or an array that is known."""

    spec: Spec
    name: str
    place: Place = ""
    array: np.ndarray | None = None
    bias: np.ndarray | None = None  # of a product: what the next node would add

    @property
    def shape(self) -> tuple[int, ...]:
        """Logical shape."""
        return self.spec.shape

    @property
    def size(self) -> int:
        """Numbers in it."""
        return self.spec.size

    @property
    def channels(self) -> int:
        """Size of the last axis."""
        return self.shape[-1]

    @property
    def rows(self) -> int:
        """Places that have channels."""
        return self.size // self.channels

    @property
    def known(self) -> np.ndarray:
        """The array of a parameter."""
        assert self.array is not None
        return self.array


@dataclass(frozen=True)
class Geometry:
    """The numbers of a `geometry` in C."""

    numbers: Sequence[int]

    def __str__(self) -> str:
        return f"(geometry){{{', '.join(map(str, self.numbers))}}}"


@dataclass(frozen=True)
class Sizes:
    """A list of whole numbers in C."""

    numbers: Sequence[int]

    def __str__(self) -> str:
        return f"(const int[]){{{', '.join(map(str, self.numbers))}}}"


@dataclass(frozen=True)
class Shifted:
    """A place within a buffer."""

    buffer: Buffer
    by: int

    def __str__(self) -> str:
        return f"{self.buffer} + {self.by}" if self.by else str(self.buffer)


Argument = Operand | Buffer | Shifted | np.ndarray | Geometry | Sizes | str | int | float | None


@dataclass
class Source:
    """Functions, constants and calls, in the order in which they were added."""

    functions: list[str] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    calls: list[tuple[str, list[Buffer | Shifted | str]]] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)  # what stays from one prediction to the next: its numbers

    def buffer(self, size: int) -> Buffer:
        """Memory for numbers that the next call writes."""
        made = Buffer(size, len(self.calls))
        self.buffers.append(made)
        return made

    def state(self, size: int) -> str:
        """The name of numbers that stay from one prediction to the next, zeros first."""
        name = f"state_{len(self.states) + 1}"
        self.states[name] = size
        return name

    def use(self, *texts: str) -> None:
        """Have functions or types in the file, that others need."""
        self.functions += [text for text in texts if text not in self.functions]

    def call(self, function: str, name: str, *arguments: Argument) -> None:
        """Call a function, whose text comes into the file once; `name` is that of the function."""
        self.use(function)
        given = [self._argument(each) for each in arguments]
        for each in given:
            if isinstance(each, Buffer | Shifted):
                (each.buffer if isinstance(each, Shifted) else each).last = len(self.calls)
        self.calls.append((name, given))

    def made(self, function: str, name: str, size: int, *arguments: Argument) -> Buffer:
        """Call a function that writes a new buffer, its first argument."""
        y = self.buffer(size)
        self.call(function, name, y, *arguments)
        return y

    def place(self, operand: Operand) -> Place:
        """Where an operand is; an array becomes a constant."""
        return operand.place if operand.array is None else self.constant(operand.array)

    def constant(self, array: np.ndarray) -> str:
        """The name of a constant array, which comes into the file once."""
        for name, known in self.constants.items():
            if known is array:
                return name
        name = f"constant_{len(self.constants) + 1}"
        self.constants[name] = array
        return name

    def plan(self) -> int:
        """Give every buffer its place, so that those in use at one time lie apart; returns the numbers needed."""
        placed: list[Buffer] = []
        for buffer in sorted(self.buffers, key=lambda each: -each.size):
            together = [each for each in placed if each.first <= buffer.last and buffer.first <= each.last]
            for other in sorted(together, key=lambda each: each.offset):
                if buffer.offset + buffer.size <= other.offset:
                    break
                buffer.offset = max(buffer.offset, other.offset + other.size)
            placed.append(buffer)
        return max((each.offset + each.size for each in placed), default=0)

    def _argument(self, value: Argument) -> Buffer | Shifted | str:
        match value:
            case None:
                return "NULL"
            case Operand():
                return self.place(value)
            case np.ndarray():
                return self.constant(value)
            case Buffer() | Shifted():
                return value
            case float():
                return literal(value)
        return str(value)


def literal(number: float) -> str:
    """A float in C, exactly."""
    if np.isnan(number):
        return "NAN"
    if np.isinf(number):
        return "INFINITY" if number > 0 else "-INFINITY"
    text = f"{float(np.float32(number)):.9g}"
    return f"{text}f" if set(text) & set(".e") else f"{text}.0f"
