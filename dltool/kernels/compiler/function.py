"""Functions of kernels, statement by statement."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.expressions import Expressions
from dltool.kernels.compiler.instruction import on_stack
from dltool.kernels.compiler.source import scope_of, tree_of
from dltool.kernels.compiler.values import (
    Computed,
    Group,
    Known,
    Value,
    as_argument,
    converted,
    leaves,
    of_type,
    replace_leaves,
    type_of,
    unified,
    unified_type,
)


class Function(ir.Function):
    """A function in LLVM's language that knows which others it calls."""

    def __init__(self, module: ir.Module, kind: ir.FunctionType, name: str):
        super().__init__(module, kind, name)
        self.calls: dict[ir.Function, None] = {}


@dataclass(frozen=True)
class _Variable:
    """A place on the stack for each leaf of a value, and the block of statements that first assigned it."""

    places: Value
    kind: types.Type
    block: object


class Translation(Expressions):
    """The body of a function, translated for given arguments."""

    def __init__(self, target: Function, source: FunctionType, arguments: Sequence[Value], call: Callable[..., Value]):
        super().__init__(ir.IRBuilder(target.append_basic_block("entry")), scope_of(source), call)
        self._tree = tree_of(source)
        self._file = source.__code__.co_filename
        names = [argument.arg for argument in self._tree.args.args]
        stored = (node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name) and _is_stored(node))
        self._assigned = Counter([*names, *stored])
        self._variables: dict[str, _Variable] = {}
        self._values_of: dict[str, Value] = {}
        self._blocks: list[object] = [object()]
        self._loops: list[tuple[ir.Block, ir.Block]] = []
        self._returned: list[tuple[ir.Block, Value]] = []
        for name, value in zip(names, arguments, strict=True):
            self._assign_name(name, value)

    def translate(self) -> types.Type:
        """Write the whole body; returns the type of the result."""
        self._statements(self._tree.body)
        if not self.builder.block.is_terminated:
            self._returned.append((self.builder.block, Known(None)))
        kind = unified_type([value for _, value in self._returned])
        for block, value in self._returned:
            self.builder.position_at_end(block)
            self._give(kind, value)
        return kind

    def _give(self, kind: types.Type, value: Value) -> None:
        if kind is types.void:
            self.builder.ret_void()
            return
        items = [leaf.llvm for leaf in leaves([of_type(kind, converted(self.builder, value, kind))])]
        if isinstance(kind, types.Tuple):
            result = ir.Constant(ir.LiteralStructType([item.type for item in items]), ir.Undefined)
            for i, item in enumerate(items):
                result = self.builder.insert_value(result, item, i)
            self.builder.ret(result)
        else:
            self.builder.ret(items[0])

    def local(self, name: str) -> Value | None:
        if name in self._values_of:
            return self._values_of[name]
        if name not in self._variables:
            if name in self._assigned:
                raise TypeError(f"'{name}' has no value yet")
            return None
        places = self._variables[name].places
        return replace_leaves(places, (self.builder.load(place.llvm) for place in leaves([places])))

    def _statements(self, nodes: Sequence[ast.stmt]) -> None:
        for node in nodes:
            if self.builder.block.is_terminated:
                return
            try:
                translate = getattr(self, f"_statement_{type(node).__name__.lower()}", None)
                if translate is None:
                    raise TypeError(f"kernels have no {type(node).__name__}")
                translate(node)
            except (TypeError, AttributeError, LookupError, ArithmeticError, ValueError) as error:
                raise TranslationError(f"{self._file}:{node.lineno}: {ast.unparse(node)[:80]}: {error}") from error

    @contextmanager
    def _block(self) -> Iterator[None]:
        """Statements that may be skipped. A name that gets another type in them has no value after them."""
        self._blocks.append(object())
        before = dict(self._variables)
        yield
        block = self._blocks.pop()
        for name, variable in before.items():
            now = self._variables.get(name)  # a block within may have taken it away
            if now is not None and now is not variable and now.block is block:
                del self._variables[name]

    def _statement_expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.value(node.value)

    def _statement_pass(self, node: ast.Pass) -> None: ...

    def _statement_return(self, node: ast.Return) -> None:
        value = self.value(node.value) if node.value else Known(None)
        self._returned.append((self.builder.block, value))
        self.builder.position_at_end(self.builder.append_basic_block("unreachable"))
        self.builder.unreachable()

    def _statement_assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self._assign(target, value)

    def _statement_augassign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            old = self.value(ast.Name(node.target.id, ast.Load()))
        else:
            old = self.value(node.target)
        self._assign(node.target, self.operation(node.op, old, self.value(node.value)))

    def _assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self._assign_name(target.id, value)
        elif isinstance(target, ast.Tuple):
            if not isinstance(value, Group) or len(value.items) != len(target.elts):
                raise TypeError(f"a tuple of {len(target.elts)} values is needed")
            for each, item in zip(target.elts, value.items, strict=True):
                self._assign(each, item)
        elif isinstance(target, ast.Subscript):
            self.set_item(target, value)
        else:
            raise TypeError("nothing else can be assigned")

    def _assign_name(self, name: str, value: Value) -> None:
        if self._assigned[name] == 1 and len(self._blocks) == 1:
            self._values_of[name] = value
            return
        value = as_argument(value)
        if isinstance(value, Known):
            raise TypeError(f"'{name}' cannot hold {value.object!r}")
        kind, known = type_of(value), self._variables.get(name)
        if known is None or (known.kind != kind and known.block not in self._blocks[:-1]):
            places = [on_stack(self.builder, leaf.kind.llvm) for leaf in leaves([value])]
            known = self._variables[name] = _Variable(replace_leaves(value, iter(places)), kind, self._blocks[-1])
        new = value if known.kind == kind else of_type(known.kind, self._widened(name, value, known.kind))
        for place, leaf in zip(leaves([known.places]), leaves([new]), strict=True):
            self.builder.store(leaf.llvm, place.llvm)

    def _widened(self, name: str, value: Value, kind: types.Type) -> Any:
        if unified(type_of(value), kind) != kind:
            raise TypeError(f"'{name}' was {kind}, and is {type_of(value)} now")
        return converted(self.builder, value, kind)

    def _statement_if(self, node: ast.If) -> None:
        truth = self.truth(node.test)
        if isinstance(truth, bool):
            self._statements(node.body if truth else node.orelse)
            return
        builder = self.builder
        then, other, end = (builder.append_basic_block(name) for name in ("then", "else", "end"))
        builder.cbranch(truth, then, other)
        ends = 0
        for start, statements in ((then, node.body), (other, node.orelse)):
            builder.position_at_end(start)
            with self._block():
                self._statements(statements)
            if not builder.block.is_terminated:
                builder.branch(end)
                ends += 1
        builder.position_at_end(end)
        if not ends:
            builder.unreachable()

    def _statement_while(self, node: ast.While) -> None:
        _require_no_else(node)
        builder = self.builder
        head, body, end = (builder.append_basic_block(name) for name in ("while", "body", "end"))
        builder.branch(head)
        builder.position_at_end(head)
        truth = self.truth(node.test)
        builder.cbranch(types.constant(types.boolean, truth) if isinstance(truth, bool) else truth, body, end)
        builder.position_at_end(body)
        self._repeated(node.body, head, end)
        builder.position_at_end(end)

    def _repeated(self, statements: Sequence[ast.stmt], again: ir.Block, end: ir.Block) -> None:
        """The body of a loop, which goes on at one block and is left for another."""
        self._loops.append((again, end))
        with self._block():
            self._statements(statements)
        self._loops.pop()
        if not self.builder.block.is_terminated:
            self.builder.branch(again)

    def _statement_break(self, node: ast.Break) -> None:
        self.builder.branch(self._loops[-1][1])

    def _statement_continue(self, node: ast.Continue) -> None:
        self.builder.branch(self._loops[-1][0])

    def _statement_for(self, node: ast.For) -> None:
        _require_no_else(node)
        if not (isinstance(node.iter, ast.Call) and self.value(node.iter.func) == Known(range)):
            self._for_each(node)
            return
        bounds = [self.value(each) for each in node.iter.args]
        start, stop, step = (
            (Known(0), bounds[0], Known(1)) if len(bounds) == 1 else (*bounds, Known(1)) if len(bounds) == 2 else bounds
        )
        builder = self.builder
        first, last, by = (converted(builder, each, types.int64) for each in (start, stop, step))
        before = builder.block
        head, body, latch, end = (builder.append_basic_block(name) for name in ("for", "body", "next", "end"))
        builder.branch(head)
        builder.position_at_end(head)
        number = builder.phi(types.int64.llvm)
        number.add_incoming(first, before)
        downward = isinstance(step, Known) and step.object < 0
        builder.cbranch(builder.icmp_signed(">" if downward else "<", number, last), body, end)
        builder.position_at_end(body)
        with self._block():
            self._assign(node.target, Computed(types.int64, number))
            self._repeated(node.body, latch, end)
        builder.position_at_end(latch)
        number.add_incoming(builder.add(number, by, flags=["nsw"]), latch)
        builder.branch(head)
        builder.position_at_end(end)

    def _for_each(self, node: ast.For) -> None:
        """A loop over the items of a tuple, which is written out."""
        items = self.value(node.iter)
        if not isinstance(items, Group):
            raise TypeError("loops are over a range or a tuple")
        if any(isinstance(one, ast.Break | ast.Continue | ast.Return) for one in ast.walk(node)):
            raise TypeError("a loop over a tuple is written out, and cannot be left")
        for item in items.items:
            with self._block():
                self._assign(node.target, item)
                self._statements(node.body)


class TranslationError(Exception):
    """A kernel that cannot be translated, with its place."""


def _require_no_else(node: ast.For | ast.While) -> None:
    if node.orelse:
        raise TypeError("loops have no else")


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)
