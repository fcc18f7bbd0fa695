"""A module of PyTorch that is being written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.export.program import Operand, Program, Variable, layer_name


@dataclass
class Module(Program):
    """Layers are attributes of the module, tensors are those of its state."""

    def layer(self, path: str, construction: str, tensors: dict[str, np.ndarray], last: str = "weight") -> str:
        """A new layer, named after a parameter; its tensors by their names in it."""
        name = self.unique(layer_name(path, last))
        self.layers.append(f"self.{name} = {construction}")
        self.tensors |= {f"{name}.{key}": array for key, array in tensors.items()}
        self.places.setdefault(path, f"self.{name}.weight")
        return f"self.{name}"

    def tensor(self, operand: Operand) -> str:
        """The expression of a parameter or a constant, which belongs to no layer of PyTorch unless one has it."""
        if operand.path not in self.places:
            name = self.unique(layer_name(operand.path, ""))
            shape = ", ".join(map(str, operand.shape)) or "()"
            self.layers.append(f"self.{name} = nn.Parameter(torch.empty({shape}))")
            self.tensors[name] = operand.known
            self.places[operand.path] = f"self.{name}"
        return self.places[operand.path]

    def value(self, operand: Operand) -> str:
        """The expression of any operand, channels last."""
        return self.tensor(operand) if operand.array is not None else self.last(operand)

    def first(self, x: Operand) -> str:
        """A value with its channels before its places."""
        if x.made.first or len(x.shape) < 2:
            return x.made.name
        return f"{x.made.name}.movedim(-1, 1)"

    def last(self, x: Operand) -> str:
        """A value with its channels behind its places."""
        return f"{x.made.name}.movedim(1, -1)" if x.made.first else x.made.name

    def alike(self, x: Operand, expression: str) -> Variable:
        """An elementwise function of a value, where {} stands for it."""
        return self.let(expression.format(x.made.name), first=x.made.first)
