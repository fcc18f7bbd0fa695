"""The estimators do what scikit-learn asks of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import check_estimator

from dltool.errors import InputError
from dltool.sklearn import Classifier, Regressor

#: as of scikit-learn's own MLPClassifier and MLPRegressor
EXPECTED_TO_FAIL = {
    "check_sample_weight_equivalence_on_dense_data": "rows that are repeated fall into other batches than weighted ones"
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("estimator", [Classifier(epochs=30), Regressor(epochs=30)], ids=["classifier", "regressor"])
def test_the_checks_of_scikit_learn(estimator: Any):
    checks = check_estimator(estimator, on_fail=None, expected_failed_checks=EXPECTED_TO_FAIL)
    failed = [one for one in checks if one["status"] not in ("passed", "skipped", "xfail")]
    assert [(one["check_name"], one["exception"]) for one in failed] == []


def test_cross_validation_in_a_pipeline():
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    assert cross_val_score(make_pipeline(MinMaxScaler(), Classifier()), x, names, cv=3).mean() > 0.9
    x, y = load_diabetes(return_X_y=True)
    assert cross_val_score(Regressor(), x, y, cv=3).mean() > 0.4  # a linear model: 0.48


@pytest.mark.parametrize(("kind", "predict"), [(Classifier, "predict_proba"), (Regressor, "predict")])
def test_rows_count_in_proportion_to_their_weights(kind: Any, predict: str):
    x, y, weights = np.repeat([[-1.0], [1.0]], 20, axis=0), np.tile([0, 1], 20), np.tile([3.0, 1.0], 20)
    network = kind((), optimizer={"adam": {"lr": 0.1}}, epochs=300, batch_size=40).fit(x, y, sample_weight=weights)
    found = getattr(network, predict)(x)
    np.testing.assert_allclose(found[:, 1] if found.ndim == 2 else found, 1 / 4, atol=0.01)


def test_rows_without_weight_are_left_out():
    x, y = load_iris(return_X_y=True)
    kept = y != 2
    network = Classifier(epochs=2).fit(x, y, sample_weight=kept)
    assert network.classes_.tolist() == [0, 1]
    np.testing.assert_array_equal(
        network.predict_proba(x), Classifier(epochs=2).fit(x[kept], y[kept], sample_weight=[1] * 100).predict_proba(x)
    )


@pytest.mark.parametrize("weights", [[-1, 1, 1, 1], [0, 0, 0, 0], [1, np.nan, 1, 1], [1, 1]])
def test_weights_that_cannot_be_used(weights: list[float]):
    with pytest.raises(ValueError, match=r"sample_weight|[Ss]ample weights|NaN"):
        Classifier().fit(np.eye(4), [0, 1, 0, 1], sample_weight=weights)


def test_parameters_that_are_no_config_are_named():
    with pytest.raises(InputError, match="model\\[0\\]: unknown layer 'dens'; did you mean 'dense'"):
        Classifier(model=[{"dens": 8}]).fit(np.eye(4), [0, 1, 0, 1])
