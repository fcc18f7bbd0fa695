"""A sample's outputs do not depend on the others of its batch, on their number, or on its place among them."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.data.samples.samples import Samples
from dltool.losses.output_activations import activate

from .networks import ROWS, SAMPLES, Row

#: first, last, and around the ends of tiles and batches
PLACES = (0, 1, 5, 15, 16, 31, 32, 33, 47, SAMPLES - 1)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.name.startswith("stateful")], ids=str)
def test_alone_as_among_others(row: Row):
    engine, data = row.engine(), row.data()
    together = engine.evaluate("train").outputs
    assert together is not None
    predictions = activate(row.network(training=False).output_activation, together)
    for place in PLACES:
        engine.attach("alone", data.rows(place, place + 1))
        alone = engine.evaluate("alone").outputs
        np.testing.assert_array_equal(alone, together[place : place + 1])
        assert alone is not None
        np.testing.assert_array_equal(
            activate(row.network(training=False).output_activation, alone), predictions[place : place + 1]
        )


def test_attached_samples_replace_those_before():
    row = next(row for row in ROWS if row.name == "wide")
    engine, data = row.engine(), row.data()
    engine.attach("more", data)
    first = engine.evaluate("more").outputs
    assert first is not None
    backwards = Samples(data.features[::-1], data.targets[::-1], data.codes[::-1])
    engine.attach("more", backwards)
    np.testing.assert_array_equal(engine.evaluate("more").outputs, first[::-1])
