"""Whether an imported network gives what the other program has given, for samples where that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.errors import RunError
from dltool.export.expected import PREDICTION, TOLERANCE, expected_outputs
from dltool.export.opening import Trained
from dltool.export.samples import no_targets
from dltool.importing.imported import Imported
from dltool.importing.network import Trial
from dltool.losses.output_activations import activate


def require_alike(imported: Imported, trial: Trial, path: Path, *, scores: bool) -> None:
    """Raises RunError unless outputs agree; `scores`: the file gives them before the output activation.

    Data that is prepared in another way than as numbers cannot be tried.
    """
    trained = Trained.of(imported.checkpoint(), path)
    signature = trained.signature
    if signature.feature_dtype != "float32" or signature.codes or signature.target_scale is not None:
        return
    features = trial.samples.reshape(len(trial.samples), *signature.feature_shape)
    samples = Samples(features, no_targets(signature, len(features)), np.empty((len(features), 0), np.int32))
    made = expected_outputs(trained, samples)
    given = made.get(PREDICTION, next(iter(made.values())))
    network = trained.network(1)
    wanted = activate(network.output_activation, trial.outputs) if scores else trial.outputs
    if given.shape[1] == 2 and wanted.shape[1] == 1:
        given = given[:, 1:]
    difference = float(np.abs(given - wanted).max()) / max(float(np.abs(wanted).max()), 1e-30)
    if not difference <= TOLERANCE:
        raise RunError(
            f"the import was not kept: its outputs differ by {difference:.2g} from those of {path.name}"
            f" (at most {TOLERANCE:g} is allowed); please report this"
        )
