"""The source of functions, as trees."""

from __future__ import annotations

import ast
import linecache
from functools import cache
from types import FunctionType
from typing import Any


def tree_of(function: FunctionType) -> ast.FunctionDef:
    """The definition of a function, found by its name and line."""
    code = function.__code__
    return _definitions(_file(function))[code.co_name, code.co_firstlineno]


@cache
def _definitions(file: str) -> dict[tuple[str, int], ast.FunctionDef]:
    tree = ast.parse("".join(linecache.getlines(file)))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {(node.name, min(line.lineno for line in (node, *node.decorator_list))): node for node in found}


def scope_of(function: FunctionType) -> dict[str, Any]:
    """What names mean in a function that it does not assign."""
    cells = (cell.cell_contents for cell in function.__closure__ or ())
    return {**function.__globals__, **dict(zip(function.__code__.co_freevars, cells, strict=True))}


def function_of(text: str, scope: dict[str, Any]) -> FunctionType:
    """The only function that a text defines, with its source at hand."""
    file = f"<made: {text.strip()}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), scope)
    return next(each for each in scope.values() if isinstance(each, FunctionType) and _file(each) == file)


def _file(function: FunctionType) -> str:
    return function.__code__.co_filename
