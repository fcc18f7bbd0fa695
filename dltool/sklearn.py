"""Networks as estimators of scikit-learn, for its pipelines, cross-validation and searches."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin  # pyright: ignore[reportMissingImports]
from sklearn.utils import check_array  # pyright: ignore[reportMissingImports]
from sklearn.utils.multiclass import check_classification_targets  # pyright: ignore[reportMissingImports]
from sklearn.utils.validation import check_is_fitted, validate_data  # pyright: ignore[reportMissingImports]

from dltool.api.model import load
from dltool.api.training import train


class _Network(BaseEstimator):
    """What both estimators share. Parameters are parts of a config; `model` leaves out the layer of the outputs."""

    _task, _loss, _outputs = "", "", ""
    _data: Mapping[str, Any] = {}

    def __init__(
        self,
        model: Sequence[Any] = ({"dense": {"units": 64, "activation": "relu"}},),
        *,
        optimizer: Any = "adam",
        epochs: int = 50,
        batch_size: int = 32,
        random_state: int = 0,
        train: Mapping[str, Any] | None = None,
    ):
        self.model, self.optimizer, self.epochs, self.batch_size = model, optimizer, epochs, batch_size
        self.random_state, self.train = random_state, train

    def _weighted(self, x: np.ndarray, y: np.ndarray, sample_weight: Any) -> dict[str, np.ndarray]:
        """The rows that count, and their weights if they differ."""
        if sample_weight is None:
            return {"x": x, "y": y}
        weights = check_array(sample_weight, ensure_2d=False, dtype="float64", input_name="sample_weight")
        if weights.shape != (len(x),) or (weights < 0).any():
            raise ValueError("sample_weight must be a number that is not negative for each row")
        if not weights.any():
            raise ValueError("sample_weight is zero for all rows")
        return {"x": x[weights > 0], "y": y[weights > 0], "w": weights[weights > 0]}

    def _fit(self, arrays: Mapping[str, Any]) -> Self:
        """Train on arrays; raises InputError for parameters that are no config."""
        settings = {"epochs": self.epochs, "batch_size": self.batch_size, "seed": self.random_state or 0}
        with tempfile.TemporaryDirectory(prefix="dltool-") as folder:
            np.savez(Path(folder) / "data.npz", **arrays)
            config = {
                "data": {
                    "npz": {
                        "path": f"{folder}/data.npz",
                        "task": self._task,
                        "weight": "w" if "w" in arrays else None,
                    },
                    "scaling": "standard",
                    "split": {"validation": 0},
                    **self._data,
                },
                "model": [*self.model, {"dense": self._outputs}],
                "loss": self._loss,
                "optimizer": self.optimizer,
                "train": settings | dict(self.train or {}),
            }
            run = train(config, run_dir=Path(folder) / "run", progress=False)
            self.checkpoint_ = run.directory.best.read_bytes()
            self._network = load(run.path)
        return self

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_network"}

    def _predicted(self, X: Any) -> Any:  # noqa: N803
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=np.float32)
        if not hasattr(self, "_network"):  # after unpickling
            with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
                file.write(self.checkpoint_)
                file.flush()
                self._network = load(file.name)
        return self._network.predict(rows)


class Classifier(ClassifierMixin, _Network):
    """A network for classes: X (rows, columns) of numbers, y (rows,)."""

    _task, _loss, _outputs = "classes", "cross_entropy", "classes"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        X, y = validate_data(self, X, y, dtype=np.float32)  # noqa: N806
        check_classification_targets(y)
        arrays = self._weighted(X, y, sample_weight)
        self.classes_, codes = np.unique(arrays["y"], return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y holds 1 class, {self.classes_[0]!r}; a classifier needs at least 2")
        return self._fit(arrays | {"y": codes})

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """The probabilities (rows, classes), in the order of `classes_`."""
        return self._predicted(X).probabilities

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The classes (rows,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]


class Regressor(RegressorMixin, _Network):
    """A network for numbers: X (rows, columns) of numbers, y (rows,)."""

    _task, _loss, _outputs = "numbers", "mse", "targets"
    _data: Mapping[str, Any] = {"target_scaling": "standard"}

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        X, y = validate_data(self, X, y, dtype=np.float32, y_numeric=True)  # noqa: N806
        return self._fit(self._weighted(X, np.asarray(y, np.float32), sample_weight))

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The predictions (rows,)."""
        return next(iter(self._predicted(X).values()))
