"""Expressions of kernels, translated to LLVM code as they are read."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from dltool.kernels.compiler import arithmetic, types
from dltool.kernels.compiler.instruction import Instruction
from dltool.kernels.compiler.values import (
    Computed,
    Group,
    Known,
    Value,
    computed,
    converted,
    is_number,
    leaves,
    number_type,
    of_type,
    replace_leaves,
    type_of,
    unified_type,
)

_FOLDED: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class Expressions:
    """What the expressions of one function are, given what its names mean."""

    def __init__(self, builder: Any, scope: dict[str, Any], call: Callable[..., Value]):
        self.builder, self._scope, self._call_function = builder, scope, call

    def local(self, name: str) -> Value | None:
        """The value of a local variable now."""
        raise NotImplementedError

    def value(self, node: ast.expr) -> Value:
        """The value of an expression."""
        return getattr(self, f"_expression_{type(node).__name__.lower()}")(node)

    def truth(self, node: ast.expr) -> bool | Any:
        """Whether an expression holds: known already, or an LLVM value of one bit."""
        value = self.value(node)
        if isinstance(value, Known):
            return bool(value.object)
        single = computed(value)
        return arithmetic.truth(self.builder, single.kind, single.llvm)

    def _expression_constant(self, node: ast.Constant) -> Value:
        return Known(node.value)

    def _expression_name(self, node: ast.Name) -> Value:
        found = self.local(node.id)
        if found is not None:
            return found
        if node.id in self._scope:
            return _known(self._scope[node.id])
        if hasattr(builtins, node.id):
            return Known(getattr(builtins, node.id))
        raise TypeError(f"'{node.id}' has no value here")

    def _expression_tuple(self, node: ast.Tuple) -> Value:
        return Group(tuple(self._values(node.elts)))

    def _values(self, nodes: Sequence[ast.expr]) -> list[Value]:
        values: list[Value] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                value = self.value(node.value)
                if not isinstance(value, Group):
                    raise TypeError("only a tuple can be unpacked")
                values += value.items
            else:
                values.append(self.value(node))
        return values

    def _expression_attribute(self, node: ast.Attribute) -> Value:
        value = self.value(node.value)
        if isinstance(value, Group):
            return value.items[value.names.index(node.attr)]
        if isinstance(value, Known):
            return _known(getattr(value.object, node.attr))
        return Computed(*value.kind.attribute(self.builder, value.llvm, node.attr))

    def _expression_subscript(self, node: ast.Subscript) -> Value:
        value, index = self.value(node.value), self.value(node.slice)
        if isinstance(value, Group):
            if not isinstance(index, Known):
                raise TypeError("the index of a tuple must be known")
            return value.items[index.object]
        single = computed(value)
        kind, llvm = single.kind.item(self.builder, single.llvm, converted(self.builder, index, types.int64))
        return Computed(kind, llvm)

    def set_item(self, node: ast.Subscript, value: Value) -> None:
        """value[index] = value."""
        target = computed(self.value(node.value))
        kind, pointer = target.kind.as_pointer(self.builder, target.llvm)
        index = converted(self.builder, self.value(node.slice), types.int64)
        self.builder.store(converted(self.builder, value, kind.element), self.builder.gep(pointer, [index]))

    def _expression_binop(self, node: ast.BinOp) -> Value:
        return self.operation(node.op, self.value(node.left), self.value(node.right))

    def operation(self, symbol: ast.operator, one: Value, other: Value) -> Value:
        """The result of an operator."""
        if folded := _folded(symbol, one, other):
            return folded
        a, b = computed(one), computed(other)
        if is_number(one) and is_number(other):
            return Computed(*arithmetic.binary(self.builder, symbol, (a.kind, a.llvm), (b.kind, b.llvm)))
        return self._own_operation(symbol, a, b)

    def _own_operation(self, symbol: ast.AST, a: Computed, b: Computed) -> Value:
        if a.kind != b.kind or type(symbol) not in a.kind.operators:
            raise TypeError(f"there is no {type(symbol).__name__} of {a.kind} and {b.kind}")
        kind, emit = a.kind.operators[type(symbol)]
        return Computed(kind, emit(self.builder, a.llvm, b.llvm))

    def _expression_unaryop(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            truth = self.truth(node.operand)
            return Known(not truth) if isinstance(truth, bool) else Computed(types.boolean, self.builder.not_(truth))
        value = self.value(node.operand)
        if not isinstance(node.op, ast.USub):
            raise TypeError(f"there is no {type(node.op).__name__}")
        if isinstance(value, Known):
            return Known(-value.object)
        single = computed(value)
        return Computed(*arithmetic.negative(self.builder, single.kind, single.llvm))

    def _expression_compare(self, node: ast.Compare) -> Value:
        values = [self.value(each) for each in (node.left, *node.comparators)]
        links = [self._comparison(*each) for each in zip(node.ops, values, values[1:], strict=False)]
        result = links[0]
        for link in links[1:]:
            both = [converted(self.builder, each, types.boolean) for each in (result, link)]
            result = Computed(types.boolean, self.builder.and_(*both))
        return result

    def _comparison(self, symbol: ast.cmpop, one: Value, other: Value) -> Value:
        if folded := _folded(symbol, one, other):
            return folded
        a, b = computed(one), computed(other)
        if is_number(one) and is_number(other):
            pairs = (a.kind, a.llvm), (b.kind, b.llvm)
            return Computed(types.boolean, arithmetic.compare(self.builder, symbol, *pairs))
        return self._own_operation(symbol, a, b)

    def _expression_boolop(self, node: ast.BoolOp) -> Value:
        """`and`, `or`: what follows is computed only where it decides."""
        first, *rest = node.values
        if not rest:
            return self._as_truth(first)
        is_and, truth, remaining = isinstance(node.op, ast.And), self.truth(first), ast.BoolOp(node.op, rest)
        if isinstance(truth, bool):
            return self._expression_boolop(remaining) if truth == is_and else Known(truth)
        return self._decided(truth, remaining, is_and)

    def _as_truth(self, node: ast.expr) -> Value:
        truth = self.truth(node)
        return Known(truth) if isinstance(truth, bool) else Computed(types.boolean, truth)

    def _decided(self, one: Any, node: ast.BoolOp, is_and: bool) -> Value:
        builder = self.builder
        more, end, before = builder.append_basic_block("more"), builder.append_basic_block("end"), builder.block
        builder.cbranch(one, *((more, end) if is_and else (end, more)))
        builder.position_at_end(more)
        other = converted(builder, self._expression_boolop(node), types.boolean)
        after = builder.block
        builder.branch(end)
        builder.position_at_end(end)
        result = builder.phi(types.boolean.llvm)
        result.add_incoming(types.constant(types.boolean, not is_and), before)
        result.add_incoming(other, after)
        return Computed(types.boolean, result)

    def _expression_ifexp(self, node: ast.IfExp) -> Value:
        truth = self.truth(node.test)
        if isinstance(truth, bool):
            return self.value(node.body if truth else node.orelse)
        builder = self.builder
        starts = [builder.append_basic_block(name) for name in ("then", "else")]
        end = builder.append_basic_block("end")
        builder.cbranch(truth, *starts)
        values, ends = [], []
        for start, side in zip(starts, (node.body, node.orelse), strict=True):
            builder.position_at_end(start)
            values.append(self.value(side))
            ends.append(builder.block)
        kind = unified_type(values)
        sides = []
        for block, value in zip(ends, values, strict=True):
            builder.position_at_end(block)
            sides.append(of_type(kind, converted(builder, value, kind)))
            builder.branch(end)
        builder.position_at_end(end)
        phis = []
        for leaf, *others in zip(*(leaves([side]) for side in sides), strict=True):
            phi = builder.phi(leaf.kind.llvm)
            for block, each in zip(ends, (leaf, *others), strict=True):
                phi.add_incoming(each.llvm, block)
            phis.append(phi)
        return replace_leaves(sides[0], iter(phis))

    def _expression_call(self, node: ast.Call) -> Value:
        function = self.value(node.func)
        if not isinstance(function, Known):
            raise TypeError(f"{ast.unparse(node.func)} cannot be called")
        arguments = self._values(node.args)
        named = {each.arg or "**": self.value(each.value) for each in node.keywords}
        return self._called(function.object, arguments, named)

    def _called(self, function: Any, arguments: list[Value], named: dict[str, Value]) -> Value:
        if isinstance(function, FunctionType):
            return self._call_function(self.builder, function, arguments, named)
        if named:
            raise TypeError(f"{getattr(function, '__name__', function)} takes no named arguments")
        if isinstance(function, Instruction):
            return self._instruction(function, arguments)
        if isinstance(function, type) and issubclass(function, tuple):
            return Group(tuple(arguments), getattr(function, "_fields", ()))
        return self._builtin(function, arguments)

    def _instruction(self, function: Instruction, arguments: Sequence[Value]) -> Value:
        signature, emit = function.describe(*map(type_of, arguments))
        pairs = zip(arguments, signature.arguments, strict=True)
        result = emit(self.builder, [converted(self.builder, *pair) for pair in pairs])
        return of_type(signature.result, result)

    def _builtin(self, function: Any, arguments: Sequence[Value]) -> Value:
        if function is len:
            (value,) = arguments
            if isinstance(value, Group):
                return Known(len(value.items))
            single = computed(value)
            return Computed(types.int64, single.kind.length(self.builder, single.llvm))
        pairs = [(each.kind, each.llvm) for each in map(computed, arguments)]
        if function in (max, min):
            return Computed(*arithmetic.extreme(self.builder, ast.Gt() if function is max else ast.Lt(), pairs))
        if function is abs:
            return Computed(*arithmetic.absolute(self.builder, *pairs[0]))
        if arithmetic.is_elementary(function):
            return Computed(*arithmetic.elementary(self.builder, function, pairs))
        kind = number_type(function)
        if kind is None:
            raise TypeError(f"{function} cannot be called in a kernel")
        ((own, llvm),) = pairs
        return Computed(kind, arithmetic.cast(self.builder, llvm, own, kind))


def _known(python: Any) -> Value:
    """An object of Python as a value; tuples are taken apart."""
    if isinstance(python, tuple):
        return Group(tuple(map(_known, python)), getattr(python, "_fields", ()))
    return Known(python)


def _folded(symbol: ast.AST, one: Value, other: Value) -> Known | None:
    """The result of two numbers of Python, which is computed at once."""
    if isinstance(one, Known) and isinstance(other, Known):
        both = one.object, other.object
        if all(isinstance(each, int | float) and type(each) in (bool, int, float) for each in both):
            return Known(_FOLDED[type(symbol)](*both))
        if isinstance(symbol, ast.Eq | ast.NotEq) and not all(map(is_number, (one, other))):
            return Known(_FOLDED[type(symbol)](*both))
    return None
