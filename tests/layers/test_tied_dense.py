"""The vectors that a tied layer shares are those of an embedding."""

from __future__ import annotations

from typing import Any

import pytest

from dltool.errors import InputError
from tests.contract.networks import Row

FAULTS: dict[str, tuple[list[Any], str]] = {
    "a dense layer": (
        [{"embedding": 17}, {"dense": 17}, {"tied_dense": "dense_1"}],
        "tied_dense_1: no embedding 'dense_1' before this layer; allowed: embedding_1",
    ),
    "another width": (
        [{"embedding": 17}, {"dense": 8}, "tied_dense"],
        "tied_dense_1: vectors of embedding_1 are 17 wide, the input 8; put dense: 17 before it",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(fault: str):
    model, message = FAULTS[fault]
    row = Row("", model, shape=(6,), target="tokens", integers=5)
    with pytest.raises(InputError) as caught:
        row.network(training=True)
    assert [str(problem) for problem in caught.value.problems] == [message]
