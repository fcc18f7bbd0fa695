"""What is known of a layer of Keras, and the table of the functions that translate one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.importing.keras.archive import Weights
from dltool.importing.network import Layer, Tensor, Unknown


@dataclass(frozen=True)
class KerasLayer:
    """The config of a layer, and where its weights are."""

    config: Mapping[str, Any]
    weights: Weights
    path: str  # of the layer among the weights, such as "layers/dense_1"

    def __getitem__(self, name: str) -> Any:
        return self.config[name]

    def get(self, name: str, otherwise: Any = None) -> Any:
        """A value of the config; older versions lack some."""
        return self.config.get(name, otherwise)

    def tensors(self, *names: str, below: str = "") -> dict[str, Tensor]:
        """The weights under these names; raises Unknown where there are more or fewer."""
        path = f"{self.path}{below}"
        held = self.weights.get(path, ())
        if len(held) != len(names):
            raise Unknown(f"has {len(held)} arrays in {path}, {len(names)} are expected: {', '.join(names)}")
        return dict(zip(names, held, strict=True))

    def require(self, **values: Any) -> None:
        """Raises Unknown unless the config has these values, where it says anything."""
        for name, value in values.items():
            if (found := self.config.get(name, value)) != value:
                raise Unknown(f"{name}: {found} has no counterpart; only {value}")


Translate = Callable[[KerasLayer], Sequence[Layer]]
TABLE: dict[str, Translate] = {}


def translates(*classes: str) -> Callable[[Translate], Translate]:
    """Decorator: the function translates layers of these classes."""

    def enter(function: Translate) -> Translate:
        TABLE.update(dict.fromkeys(classes, function))
        return function

    return enter


def square(lengths: Any) -> Any:
    """One number in place of equal ones."""
    numbers = list(lengths) if isinstance(lengths, list | tuple) else [lengths]
    return numbers[0] if len(set(map(str, numbers))) == 1 else numbers
