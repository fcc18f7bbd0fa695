"""A functional model of Keras that is being written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.export.program import Operand, Program, Variable, layer_name


@dataclass
class Model(Program):
    """Layers are named after parameters; a tensor's name is the path of its variable, such as "dense_1/kernel"."""

    def layer(
        self, path: str, construction: str, x: str, tensors: dict[str, np.ndarray], last: str = "weight"
    ) -> Variable:
        """What a new layer makes of x; `construction` lacks the name, and {} stands for it."""
        name = self.unique(layer_name(path, last))
        self.tensors |= {f"{name}/{key}": array for key, array in tensors.items()}
        self.places.setdefault(path, f'weights["{name}/{next(iter(tensors), "")}"]')
        named = construction.format(f'name="{name}"')
        return self.let(f"layers.{named}({x})")

    def tensor(self, operand: Operand) -> str:
        """The expression of an array that belongs to no layer; it is not trained further."""
        if operand.path not in self.places:
            name = self.unique(layer_name(operand.path, ""))
            self.tensors[name] = operand.known
            self.places[operand.path] = f'weights["{name}"]'
        return self.places[operand.path]

    def value(self, operand: Operand) -> str:
        """The expression of any operand."""
        return self.tensor(operand) if operand.array is not None else operand.made.name
