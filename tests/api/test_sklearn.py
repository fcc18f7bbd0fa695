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


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("estimator", [Classifier(epochs=30), Regressor(epochs=30)], ids=["classifier", "regressor"])
def test_the_checks_of_scikit_learn(estimator: Any):
    failed = [one for one in check_estimator(estimator, on_fail=None) if one["status"] not in ("passed", "skipped")]
    assert [(one["check_name"], one["exception"]) for one in failed] == []


def test_cross_validation_in_a_pipeline():
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    assert cross_val_score(make_pipeline(MinMaxScaler(), Classifier()), x, names, cv=3).mean() > 0.9
    x, y = load_diabetes(return_X_y=True)
    assert cross_val_score(Regressor(), x, y, cv=3).mean() > 0.4  # a linear model: 0.48


def test_parameters_that_are_no_config_are_named():
    with pytest.raises(InputError, match="model\\[0\\]: unknown layer 'dens'; did you mean 'dense'"):
        Classifier(model=[{"dens": 8}]).fit(np.eye(4), [0, 1, 0, 1])
