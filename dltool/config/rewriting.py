"""Changes of single values in the text of a config; comments and layout stay as they are."""

from __future__ import annotations

from dltool.config.document import read_document
from dltool.config.node import Node
from dltool.errors import InputError, Problem


def with_learning_rate(text: str, where: str, rate: float) -> str:
    """The text of a config with another learning rate; raises InputError if its place cannot be found."""
    optimizer = read_document(text, where).root.child("optimizer")
    written = f"{rate:g}"
    if optimizer is None:
        return f"{text.rstrip()}\noptimizer: {{adam: {{lr: {written}}}}}\n"
    if isinstance(optimizer.content, str):  # optimizer: adam
        return _replaced(text, where, optimizer, f"{{{optimizer.content}: {{lr: {written}}}}}")
    for name, fields in optimizer.content.items() if isinstance(optimizer.content, dict) else ():
        if isinstance(fields.content, dict) and (lr := fields.child("lr")):
            return _replaced(text, where, lr, written)
        if isinstance(fields.content, dict) and fields.content:
            first = next(iter(fields.content.values())).key
            return _inserted(text, first.line, first.column, f"lr: {written}", flow=text_at(text, fields) == "{")
        if not isinstance(fields.content, dict) and fields.text:  # adam: 0.001
            return _replaced(text, where, fields, written)
        raise InputError(Problem(f"write the learning rate yourself: optimizer: {{{name}: {{lr: {written}}}}}", where))
    raise InputError(Problem(f"write the learning rate yourself: lr: {written}", where))


def text_at(text: str, node: Node) -> str:
    """The first character of a value."""
    return text.splitlines()[node.place.line - 1][node.place.column - 1 : node.place.column]


def _replaced(text: str, where: str, node: Node, by: str) -> str:
    """The text with a scalar replaced, where it stands."""
    lines = text.splitlines(keepends=True)
    line, start = lines[node.place.line - 1], node.place.column - 1
    for quote in ("", "'", '"'):
        old = f"{quote}{node.text}{quote}"
        if old and line[start : start + len(old)] == old:
            lines[node.place.line - 1] = line[:start] + by + line[start + len(old) :]
            return "".join(lines)
    raise InputError(Problem(f"cannot be changed here; write it yourself: {by}", f"{where}:{node.place.line}"))


def _inserted(text: str, line: int, column: int, field: str, *, flow: bool) -> str:
    """The text with a field in front of the one that stands at a place."""
    lines = text.splitlines(keepends=True)
    before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    between = ", " if flow else f"\n{' ' * (column - 1)}"
    lines[line - 1] = f"{before}{field}{between}{after}"
    return "".join(lines)
