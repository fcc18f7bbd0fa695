"""A node of a symbol: what it says, and the table of the functions that translate one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.importing.network import Layer, Tensor, Unknown


@dataclass(frozen=True)
class SymbolNode:
    """An operator with its attributes, and the tensors that it takes besides values."""

    attributes: Mapping[str, str]
    tensors: Sequence[Tensor]

    def get(self, name: str, otherwise: Any = None) -> Any:
        """An attribute as the number, tuple, truth or text that it is written as."""
        text = self.attributes.get(name)
        if text is None:
            return otherwise
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return {"true": True, "false": False}.get(text, text)

    def require(self, **values: Any) -> None:
        """Raises Unknown unless the attributes have these values, where they are there."""
        for name, value in values.items():
            if (found := self.get(name, value)) != value:
                raise Unknown(f"{name}: {found} has no counterpart; only {value}")

    def tensor(self, place: int, what: str) -> Tensor:
        """One of the tensors; raises Unknown where the file of parameters has none."""
        if place >= len(self.tensors):
            raise Unknown(f"its {what} is not among the parameters")
        return self.tensors[place]


Translate = Callable[[SymbolNode], Sequence[Layer]]
TABLE: dict[str, Translate] = {}


def translates(*operators: str) -> Callable[[Translate], Translate]:
    """Decorator: the function translates these operators."""

    def enter(function: Translate) -> Translate:
        TABLE.update(dict.fromkeys(operators, function))
        return function

    return enter
