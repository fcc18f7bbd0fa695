"""The outputs of an ONNX model: classes and probabilities, labels, or numbers in the units of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from dltool.data.scaling.series_scale import SeriesScale
from dltool.export.expected import ERROR, PREDICTION, PROBABILITIES, RECONSTRUCTION
from dltool.export.network import TrainedNetwork
from dltool.export.onnx.graph import activated
from dltool.export.onnx.inputs import of_series
from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.embed import one_hot
from dltool.export.opening import Trained


@dataclass(frozen=True)
class Outputs:
    """What a model gives for the scores of a network."""

    trained: Trained
    network: TrainedNetwork

    def add(self, model: Model, scores: str, inputs: Mapping[str, str]) -> None:
        """Add the outputs; `inputs` are those of the network."""
        predictions, signature = activated(model, self.network, scores), self.trained.signature
        match signature.task:
            case "numbers":
                self._add_numbers(model, predictions)
            case "inputs":
                self._add_reconstruction(model, predictions, inputs)
            case "tokens":
                model.output(PROBABILITIES, predictions, "float32", ("N", *self.network.output.shape))
            case "multilabel":
                chosen = model.node("Greater", predictions, np.array(0.5, np.float32))
                labels = model.node("Cast", chosen, to=TensorProto.INT64)
                model.output(PREDICTION, labels, "int64", ("N", len(signature.targets)))
                model.output(PROBABILITIES, predictions, "float32", ("N", len(signature.targets)))
            case _:
                self._add_classes(model, predictions)

    def _add_classes(self, model: Model, predictions: str) -> None:
        classes = self.trained.signature.classes or ()
        if self.network.output.spec.size == 1:
            other = model.node("Sub", np.array(1, np.float32), predictions)
            predictions = model.node("Concat", other, predictions, axis=1)
        best = self._decided(model, predictions)
        model.output(PREDICTION, model.node("Gather", model.words("classes", [*classes]), best), "string", ("N",))
        model.output(PROBABILITIES, predictions, "float32", ("N", len(classes)))

    def _decided(self, model: Model, predictions: str) -> str:
        """The index of the predicted class: the most probable one, or by the threshold of the network."""
        threshold = self.trained.signature.threshold
        if threshold is None:
            return model.node("ArgMax", predictions, axis=1, keepdims=0)
        second = model.node("Gather", predictions, np.array(1, np.int64), axis=1)
        return model.node("Cast", model.node("Greater", second, np.array(threshold, np.float32)), to=TensorProto.INT64)

    def _add_numbers(self, model: Model, predictions: str) -> None:
        """(N, k), or (N, k, quantiles) of which none cross."""
        targets, quantiles = len(self.trained.signature.targets), self.network.network.quantiles
        numbers = model.node("Cast", predictions, to=TensorProto.DOUBLE)
        shape = (targets, len(quantiles)) if quantiles else (targets,)
        if quantiles:
            by_target = model.node("Transpose", model.reshaped(numbers, 0, len(quantiles), targets), perm=[0, 2, 1])
            count = np.array([len(quantiles)], np.int64)
            numbers, _ = model.nodes("TopK", by_target, count, outputs=(True, True), axis=-1, largest=0, sorted=1)
        model.output(PREDICTION, self._own_units(model, numbers, len(shape)), "float64", ("N", *shape))

    def _own_units(self, model: Model, numbers: str, axes: int) -> str:
        scale = self.trained.signature.target_scale
        if scale is None:
            return numbers
        behind = [1] * (axes - 1)
        if isinstance(scale, SeriesScale):
            offset, factor = (
                model.reshaped(of_series(model, each, scale), 0, -1, *behind) for each in (scale.offset, scale.factor)
            )
        else:
            offset, factor = (each.reshape(-1, *behind) for each in (scale.offset, scale.factor))
        return model.node("Add", model.node("Div", numbers, factor), offset)

    def _add_reconstruction(self, model: Model, predictions: str, inputs: Mapping[str, str]) -> None:
        """What the network makes of its input, and how far off it is on average: the anomaly score."""
        signature, size = self.trained.signature, self.network.output.spec.size
        pieces = []
        if "codes" in inputs:
            codes = Operand(self.network.inputs["codes"].spec, inputs["codes"])
            for each in signature.codes:
                pieces.append(one_hot(model, codes, codes, start=each.start, size=each.size))
        if "features" in inputs:
            numbers = model.node("Cast", inputs["features"], to=TensorProto.FLOAT)
            if signature.offset is not None and signature.factor is not None:  # bytes
                numbers = model.node("Mul", model.node("Sub", numbers, signature.offset), signature.factor)
            pieces.append(model.reshaped(numbers, 0, -1))
        difference = model.node("Sub", predictions, model.node("Concat", *pieces, axis=1))
        squares = model.node("Mul", difference, difference)
        model.output(RECONSTRUCTION, predictions, "float32", ("N", size))
        error = model.node("ReduceMean", squares, np.array([1], np.int64), keepdims=0)
        model.output(ERROR, error, "float32", ("N",))
