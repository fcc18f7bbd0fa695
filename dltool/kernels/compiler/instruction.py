"""Instructions: what kernels do beyond arithmetic of numbers, stated as LLVM code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from dltool.kernels.compiler.types import Signature

I1, I8, I16, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 16, 32, 64))


class Instruction:
    """A function that kernels can call; given the types of its arguments it tells its signature and emits LLVM code."""

    def __init__(self, describe: Callable[..., tuple[Signature, Callable[[Any, Sequence[Any]], Any]]]):
        self.describe = describe
        self.__doc__, self.__name__ = describe.__doc__, describe.__name__

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError(f"{self.__name__} exists in compiled kernels alone")


def instruction(describe: Callable[..., Any]) -> Any:
    """Make an instruction of a function from types to (signature, emit(builder, arguments))."""
    return Instruction(describe)


def call(builder: Any, name: str, result: ir.Type, *arguments: Any) -> Any:
    """Call a function that LLVM or the C library knows."""
    module = builder.module
    kind = ir.FunctionType(result, [each.type for each in arguments])
    function = module.globals.get(name) or ir.Function(module, kind, name)
    builder.function.calls[function] = None
    return builder.call(function, arguments)


def variable(builder: Any, value: Any) -> Any:
    """A place on the stack that holds a value, which LLVM turns into a register."""
    slot = on_stack(builder, value.type)
    builder.store(value, slot)
    return slot


def on_stack(builder: Any, kind: ir.Type) -> Any:
    """A place on the stack of one call of the function."""
    with builder.goto_entry_block():
        return builder.alloca(kind)


@contextmanager
def counted(builder: Any, count: Any) -> Iterator[Any]:
    """The body of a loop that runs `count` times; gives the number of the turn."""
    before = builder.block
    head, body, end = (builder.append_basic_block(name) for name in ("loop", "body", "end"))
    builder.branch(head)
    builder.position_at_end(head)
    number = builder.phi(I64)
    number.add_incoming(I64(0), before)
    builder.cbranch(builder.icmp_signed("<", number, count), body, end)
    builder.position_at_end(body)
    yield number
    number.add_incoming(builder.add(number, I64(1), flags=["nsw"]), builder.block)
    builder.branch(head)
    builder.position_at_end(end)


def moved(builder: Any, pointer: Any, elements: int) -> Any:
    """The pointer some elements further on."""
    return builder.gep(pointer, [I64(elements)])
