"""Reference recurrent layers whose weights are words of two numbers in bfloat16."""

from __future__ import annotations

from typing import Any

import numpy as np

from dltool.kernels.reference.gru import gru, gru_gradient
from dltool.kernels.reference.lstm import lstm, lstm_gradient
from dltool.kernels.reference.pairs import unpaired
from dltool.kernels.reference.simple_rnn import simple_rnn, simple_rnn_gradient


def bfloat16_lstm(
    products: np.ndarray, recurrent: np.ndarray, *extras: np.ndarray, masked: int, rounded: int
) -> tuple[np.ndarray, ...]:
    """As `lstm`, of words (H/2, 4 · H)."""
    return lstm(products, _of_inputs(recurrent, 4), *extras, masked=masked, rounded=1)


def bfloat16_lstm_gradient(
    gates: np.ndarray,
    recurrent: np.ndarray,
    dy: np.ndarray,
    cells: np.ndarray,
    *extras: np.ndarray,
    masked: int,
    rounded: int,
) -> np.ndarray:
    """As `lstm_gradient`, of words (4 · H/2, H)."""
    return lstm_gradient(gates, _of_outputs(recurrent, 4), dy, cells, *extras, masked=masked, rounded=1)


def bfloat16_gru(
    products: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, *extras: np.ndarray, masked: int, rounded: int
) -> tuple[np.ndarray, ...]:
    """As `gru`, of words (H/2, 3 · H)."""
    return gru(products, _of_inputs(recurrent, 3), bias, *extras, masked=masked, rounded=1)


def bfloat16_gru_gradient(
    gates: np.ndarray,
    recurrent: np.ndarray,
    dy: np.ndarray,
    candidates: np.ndarray,
    y: np.ndarray,
    *extras: np.ndarray,
    masked: int,
    rounded: int,
) -> tuple[np.ndarray, np.ndarray]:
    """As `gru_gradient`, of words (3 · H/2, H)."""
    return gru_gradient(gates, _of_outputs(recurrent, 3), dy, candidates, y, *extras, masked=masked, rounded=1)


def bfloat16_simple_rnn(
    products: np.ndarray, recurrent: np.ndarray, *extras: np.ndarray, relu: int, masked: int, rounded: int
) -> np.ndarray:
    """As `simple_rnn`, of words (H/2, H)."""
    return simple_rnn(products, _of_inputs(recurrent, 1), *extras, relu=relu, masked=masked, rounded=1)


def bfloat16_simple_rnn_gradient(
    dy: np.ndarray, recurrent: np.ndarray, y: np.ndarray, *extras: np.ndarray, relu: int, masked: int, rounded: int
) -> np.ndarray:
    """As `simple_rnn_gradient`, of words (H/2, H)."""
    return simple_rnn_gradient(dy, _of_outputs(recurrent, 1), y, *extras, relu=relu, masked=masked, rounded=1)


def _of_inputs(words: np.ndarray, gates: int) -> Any:
    """The numbers (H, gates · H) of words of pairs of inputs; behind these may come zeros."""
    return unpaired(words, 0)[: words.shape[1] // gates]


def _of_outputs(words: np.ndarray, gates: int) -> Any:
    """The numbers (H, gates · H) of words of pairs of outputs; behind these may come zeros."""
    return unpaired(words, 0)[: words.shape[1] * gates].T
