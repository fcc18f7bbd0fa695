"""What an export must give for samples: the predictions that the reference kernels make."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.errors import RunError
from dltool.export.opening import Trained
from dltool.losses.output_activations import activate
from dltool.ops.op import StepRecord
from dltool.program.initial import initial_values
from dltool.runtime.interpreter import run_graph
from dltool.training.reconstruction import reconstruction_errors

#: names of outputs
PREDICTION, PROBABILITIES = "prediction", "probabilities"
RECONSTRUCTION, ERROR = "reconstruction", "reconstruction_error"
#: what an input cannot be called
OUTPUTS = (PREDICTION, PROBABILITIES, RECONSTRUCTION, ERROR)
#: largest difference from the reference kernels, relative to the largest number of an output
TOLERANCE = 1e-5


def expected_outputs(trained: Trained, samples: Samples) -> Mapping[str, np.ndarray]:
    """The outputs that are numbers, for prepared samples; a memory is empty before."""
    network, signature = trained.network(), trained.signature
    state = dict(initial_values(network.graph.values.values(), seed=0))
    state |= {name: array for name, array in trained.arrays.items() if name in state}
    values = run_graph(network.graph, {**network.inputs(samples), **state}, StepRecord(0, 0, 0, len(samples), 1.0, ()))
    scores = values[trained.forward(fold=False).output.name]
    if signature.task == "tokens":
        return {PROBABILITIES: activate("softmax", scores)}
    scores = scores.reshape(len(scores), -1)
    if signature.task == "inputs":
        return {RECONSTRUCTION: scores, ERROR: reconstruction_errors(signature, samples, scores)}
    predictions = signature.own_units(network.predictions(scores), samples.targets)
    if signature.task == "numbers":
        return {PREDICTION: predictions}
    if signature.classes and predictions.shape[1] == 1:
        predictions = np.concatenate([1 - predictions, predictions], axis=1)
    return {PROBABILITIES: predictions}


def require_alike(given: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], what: str) -> float:
    """The largest difference, relative to the largest number of its output; raises RunError beyond the tolerance."""
    worst = 0.0
    for name, numbers in expected.items():
        size = max(float(np.abs(numbers).max(initial=0)), 1e-30)
        difference = float(np.abs(given[name] - numbers).max(initial=0)) / size
        if not difference <= TOLERANCE:
            raise RunError(
                f"the {what} file was not kept: its output '{name}' differs by {difference:.2g} from what dltool"
                f" computes (at most {TOLERANCE:g} is allowed); please report this"
            )
        worst = max(worst, difference)
    return worst
